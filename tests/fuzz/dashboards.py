"""The readers of other programs' dashboards, up to chunks that our own reader takes."""

from pathlib import Path

from featviz.bundle.decode import decode_chunk
from featviz.bundle.encode import encode_chunk
from featviz.importers.make_records import RecordMaker
from featviz.importers.numbering import Numbering
from featviz.importers.recognise import read_dashboards
from featviz.importers.survey import survey
from tests.foreign import batch, neuronpedia_feature, sae_vis_feature, sae_vis_html
from tests.fuzz.targets import Target, encoded, file_reader

FEATURES = (0, 4)


def dashboard_targets(folder: Path) -> list[Target]:
    """A page of sae_vis and a batch of SAEDashboard."""
    page = sae_vis_html({feature: sae_vis_feature(feature) for feature in FEATURES}).encode()
    features = encoded(batch([neuronpedia_feature(feature) for feature in FEATURES]))
    seeds = {"page.html": page, "batch-0.json": features}
    return [Target(name, [seed], file_reader(folder / name, import_of)) for name, seed in seeds.items()]


def import_of(path: Path) -> object:
    dashboards = read_dashboards(path)
    found = survey(dashboards)
    numbering = Numbering(found, dashboards.origin.escapes)
    maker, read = RecordMaker("A", "B", True, numbering), []
    for dashboard in dashboards:
        data = encode_chunk("A", dashboard.feature, [maker.record(dashboard)], numbering.vocabulary)
        read.append(decode_chunk(data, "A", dashboard.feature))
    return read
