"""The importers of other programs' dashboards, up to a bundle that must be whole."""

import shutil
from pathlib import Path
from unittest.mock import patch

from featviz.bundle.checks.check import check
from featviz.importers.publish import publish
from tests.foreign import batch, neuronpedia_feature, sae_vis_feature, sae_vis_html
from tests.fuzz.targets import Target, encoded, file_reader

FEATURES = (0, 4)


def dashboard_targets(folder: Path) -> list[Target]:
    """A page of sae_vis, the features in it, and a batch of SAEDashboard."""
    features = {feature: sae_vis_feature(feature) for feature in FEATURES}
    batches = encoded(batch([neuronpedia_feature(feature) for feature in FEATURES]))
    read_page = file_reader(folder / "page.html", imported)
    return [
        Target("page.html", [sae_vis_html(features).encode()], read_page),
        Target("features in page.html", [encoded(features)], lambda data: read_page(page_of(data))),
        Target("batch-0.json", [batches], file_reader(folder / "batch-0.json", imported)),
    ]


def page_of(features: bytes) -> bytes:
    """A page that holds them, whether they are JSON or not."""
    return sae_vis_html({}).encode().replace(b"return {}", b"return " + features, 1)


def imported(path: Path) -> object:
    """The bundle that comes of a file, without the pages around it."""
    out = path.with_suffix(".site")
    shutil.rmtree(out, ignore_errors=True)
    with patch("featviz.importers.publish.build_site", lambda *arguments: []):
        manifest = publish(path, out)
    assert check(out).problems == []
    return manifest
