from featviz.bundle.codec.encode import encode_chunk
from tests.synthetic import Shape, synthetic_records, synthetic_vocabulary

BYTES_A_FEATURE = 9_000
"""At five tokens each side, from a vocabulary of 50,000, in a chunk of 16."""


def test_a_feature_fits_its_byte_budget() -> None:
    shape = Shape(d_vocab=50_000)
    ordinary = synthetic_records(22, shape=shape)[6:]
    chunk = encode_chunk("A", 6, ordinary, synthetic_vocabulary(shape.d_vocab))
    assert len(chunk) / len(ordinary) < BYTES_A_FEATURE
