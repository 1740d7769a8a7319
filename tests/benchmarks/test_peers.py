"""The comparison with other programs, on a peer that is none."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.case import Case, Shape
from tests.benchmarks.measure import Cost
from tests.benchmarks.peers import DRIVER, fit, measure_peer
from tests.benchmarks.precompute_table import peer_rows, verdict

CALLS = [
    {"features": 10, "cpu": 40.0, "bytes": 1000},
    {"features": 10, "cpu": 30.0, "bytes": 1000},
    {"features": 20, "cpu": 50.0, "bytes": 2400},
]
"""10 s a call, 2 s a feature, and 10 s more at first."""


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path / "model", tmp_path / "sae_a", tmp_path / "sae_b", tmp_path / "tokens.npy", Shape())


def test_a_line_is_fitted_through_the_last_two_calls() -> None:
    peer = fit({"name": "peer 1.0", "batch": 20, "calls": CALLS}, Cost(125.0, 130.0, 2.5))
    assert (peer.fixed, peer.per_feature) == pytest.approx((10, 2))
    assert peer.once == pytest.approx(125 - 30 - 30 - 50)
    assert peer.bytes_per_feature == 120
    assert peer.all_features(50) == pytest.approx(peer.once + 3 * 10 + 50 * 2)


def test_the_peers_interpreter_is_given_the_driver_and_the_case(case: Case, tmp_path: Path) -> None:
    python = tmp_path / "python"
    report = json.dumps({"name": "peer 1.0", "batch": 20, "calls": CALLS})
    python.write_text(f"#!/bin/sh\necho '{report}'\necho \"$@ $OMP_NUM_THREADS\" >&2\n", encoding="utf-8")
    python.chmod(0o755)
    assert measure_peer(python, case, tmp_path / "scratch").name == "peer 1.0"
    said = (tmp_path / "scratch" / "peer.log").read_text(encoding="utf-8").split()
    assert said == ["-I", str(DRIVER), str(tmp_path), str(tmp_path / "scratch"), "1"]


def test_an_environment_without_a_peer_is_told(case: Case, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="has none of sae-dashboard, sae-vis"):
        measure_peer(Path(sys.executable), case, tmp_path / "scratch")


def test_the_driver_reports_what_each_call_wrote(case: Case, tmp_path: Path) -> None:
    """With a peer that is a module of four lines, prepared and called as the real ones are."""
    program = f"""
import sys, json; sys.path.insert(0, {str(DRIVER.parent)!r})
import peer
from argparse import Namespace
from pathlib import Path
write = lambda features, file: file.write_text("x" * 7 * len(features))
peer.PEERS = [Namespace(module="json", package="click", prepare=lambda case, out: write, batch=4, sizes=(1, 3))]
print(json.dumps(peer.main(Path("case"), Path({str(tmp_path)!r}))))
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    report = json.loads(found.stdout)
    assert report["name"].startswith("click 8")
    assert [(call["features"], call["bytes"]) for call in report["calls"]] == [(1, 7), (3, 21)]


def test_the_table_names_the_peer_and_how_it_was_extrapolated() -> None:
    peer = fit({"name": "sae-dashboard 0.8.0", "batch": 256, "calls": CALLS}, Cost(125.0, 130.0, 2.5))
    rows = peer_rows({**vars(peer), "all": 2000.0})
    assert rows[0].split() == ["sae-dashboard", "0.8.0,", "all", "(extrapolated)", "2,000", "2.50", "120"]
    assert rows[2].startswith("   a call of up to 256 features")
    assert verdict("sae-dashboard 0.8.0 / featviz, all, CPU", 3.0, 4, True).endswith("MISSED")
