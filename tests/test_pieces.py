from pathlib import Path

import numpy as np
import pytest

from featviz.errors import FeatvizError
from featviz.pieces import ArrayInParts, Pieces, drop_other_pieces, open_pieces


def test_a_piece_comes_back_as_it_was(tmp_path: Path) -> None:
    pieces = Pieces(tmp_path)
    pieces.save("firings/0", {"place": np.arange(5), "value": np.array([0.5], dtype=np.float32)})
    loaded = pieces.load("firings/0")
    assert loaded is not None
    assert loaded["place"].tolist() == [0, 1, 2, 3, 4]
    assert loaded["value"].dtype == np.float32


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 half a zip", None])
def test_a_damaged_piece_counts_as_missing(tmp_path: Path, damage: bytes | None) -> None:
    pieces = Pieces(tmp_path)
    pieces.save("capture", {"total": np.arange(1000)})
    path = tmp_path / "capture.npz"
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    path.write_bytes(flipped if damage is None else damage)
    assert pieces.load("capture") is None


def test_a_piece_with_another_bit_counts_as_missing(tmp_path: Path) -> None:
    """Names, shapes and kinds of its arrays as well as their numbers."""
    pieces = Pieces(tmp_path)
    pieces.save("capture", {"feature_A": np.arange(6), "value": np.ones(4, np.float32)})
    path = tmp_path / "capture.npz"
    whole = path.read_bytes()
    for bit in range(0, 8 * len(whole), 11):
        path.write_bytes(whole[: bit // 8] + bytes([whole[bit // 8] ^ 1 << bit % 8]) + whole[bit // 8 + 1 :])
        assert pieces.load("capture") is None, f"bit {bit}"


def test_a_run_ends_at_the_first_gap(tmp_path: Path) -> None:
    pieces = Pieces(tmp_path)
    for number in (0, 1, 3):
        pieces.save(f"effects/{number}", {"place": np.array([number])})
    assert [int(piece["place"][0]) for piece in pieces.run_of("effects")] == [0, 1]


def test_a_folder_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "effects").write_text("a file in the way")
    with pytest.raises(FeatvizError, match=r"Cannot write .*effects"):
        Pieces(tmp_path).save("effects/0", {"place": np.arange(2)})


def test_pieces_of_other_inputs_are_dropped_and_nothing_else(tmp_path: Path) -> None:
    for key in ("0123456789abcdef", "fedcba9876543210"):
        open_pieces(tmp_path, key).save("capture", {"x": np.arange(2)})
    (tmp_path / "notes").mkdir()
    drop_other_pieces(tmp_path, "0123456789abcdef")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0123456789abcdef", "notes"]


def test_damage_is_said_once(tmp_path: Path) -> None:
    said: list[str] = []
    pieces = Pieces(tmp_path, said.append)
    pieces.save("runs/0-3", {})
    (tmp_path / "runs" / "0-3.npz").write_bytes(b"nothing")
    assert pieces.load("runs/0-3") is pieces.load("runs/0-3") is pieces.within("runs").load("0-3") is None
    assert len(said) == 1


def test_an_array_is_written_part_by_part_and_read_in_slices(tmp_path: Path) -> None:
    pieces, parts = Pieces(tmp_path), (np.arange(low, low + 10) for low in range(0, 50, 10))
    pieces.save("firings/A", {"place": ArrayInParts(np.int64, 50, parts), "cross": np.arange(6.0).reshape(3, 2)})
    columns = pieces.columns("firings/A")
    assert columns is not None
    assert columns["place"].read(7, 12).tolist() == [7, 8, 9, 10, 11]
    assert columns["place"].read().tolist() == columns["place"].mapped().tolist() == list(range(50))
    assert columns["cross"].read(1, 3).tolist() == [[2, 3], [4, 5]]
    assert pieces.load("firings/A")["place"].dtype == np.int64  # type: ignore[index]


def test_an_array_of_nothing_comes_back(tmp_path: Path) -> None:
    pieces = Pieces(tmp_path)
    pieces.save("runs/0-1", {"place": np.empty(0, np.int32)})
    columns = pieces.columns("runs/0-1")
    assert columns is not None
    assert len(columns["place"].read()) == len(columns["place"].mapped()) == 0
