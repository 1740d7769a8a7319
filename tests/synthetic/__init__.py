"""Records and bundles of realistic shape, for the tests and for looking at pages without a model.

``python -m tests.synthetic OUT --features 64`` writes a bundle of two SAEs, "A" and "B".
"""

from tests.synthetic.bundle import synthetic_bundle, synthetic_manifest
from tests.synthetic.corpus import TINY, Corpus, Shape
from tests.synthetic.records import synthetic_record, synthetic_records
from tests.synthetic.vocabulary import synthetic_vocabulary

__all__ = [
    "TINY",
    "Corpus",
    "Shape",
    "synthetic_bundle",
    "synthetic_manifest",
    "synthetic_record",
    "synthetic_records",
    "synthetic_vocabulary",
]
