import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featviz.bundle.codec.binary import Cursor, text_field, varints
from featviz.errors import BundleError

MAGIC = b"FVX\x01"


def test_varints_are_groups_of_seven_bits() -> None:
    assert varints(np.array([0, 127, 128, 300])).hex(" ") == "00 7f 80 01 ac 02"


@given(st.lists(st.integers(0, 2**35 - 1)))
def test_varints_come_back(values: list[int]) -> None:
    cursor = Cursor(MAGIC + varints(np.array(values, dtype=np.int64)), MAGIC)
    assert cursor.varints(len(values)).tolist() == values
    assert cursor.rest() == b""


@given(st.text())
def test_texts_come_back(text: str) -> None:
    cursor = Cursor(MAGIC + text_field(text) + b"next", MAGIC)
    assert (cursor.text(), cursor.take(4)) == (text, b"next")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"FVY\x01", "expected the magic number"),
        (b"FV", "expected the magic number"),
        (b"FVX", "format version None: this featviz reads 1"),
        (b"FVX\x02", "format version 2: this featviz reads 1"),
        (MAGIC + b"\x03ab", "ends 1 bytes too early"),
        (MAGIC + b"\x02\xff\xfe", "not UTF-8"),
        (MAGIC, "expected 1 numbers from byte 4 on, found 0"),
        (MAGIC + b"\x80", "expected 1 numbers"),
        (MAGIC + b"\x80\x80\x80\x80\x80\x01", "expected 1 numbers"),
    ],
)
def test_refuses(data: bytes, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        Cursor(data, MAGIC).text()


def test_refuses_a_number_of_six_bytes() -> None:
    cursor = Cursor(MAGIC + b"\x80\x80\x80\x80\x80\x01\x00\x00", MAGIC)
    with pytest.raises(BundleError, match="more than 5 bytes"):
        cursor.varints(2)
