"""A site whose overviews hold many features; its chunks are those of a smaller one."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from featviz.bundle.parts.overview import Overview, decode_overview
from tests.browser.conftest import signed


def many_features(site: Path, out: Path, features: int) -> dict[str, Any]:
    """Copies ``site`` to ``out`` with ``features`` features in the overviews of A and B; the manifest it now has."""
    shutil.copytree(site, out)
    manifest: dict[str, Any] = json.loads((out / "manifest.json").read_text("utf-8"))
    rng = np.random.default_rng(0)
    for sae in manifest["saes"]:
        file = out / "data" / manifest["release"] / sae["name"] / "overview.zst"
        small = decode_overview(file.read_bytes(), sae["name"], sae["d_sae"])
        file.write_bytes(_widened(small, features, rng).encode())
        sae["d_sae"] = features
    (out / "manifest.json").write_bytes(signed(manifest))
    return manifest


def _widened(small: Overview, features: int, rng: np.random.Generator) -> Overview:
    """Features drawn from those of a smaller SAE, whose partners are spread over all."""
    drawn = rng.integers(0, small.features, features)
    columns = {column: codes[drawn] for column, codes in small.columns.items()}
    for column, codes in columns.items():
        if column.name == "correlated_feature":
            columns[column] = np.where(codes > 0, rng.permutation(features) + 1, 0)
    labels = {feature: f"label {feature}" for feature in range(0, features, 3)}
    return Overview(small.sae, features, small.tokens, dict(columns), labels)
