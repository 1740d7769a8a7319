import pytest

from featviz.bundle.format import chunk_name, chunk_path, chunks_for, sae_name
from featviz.errors import BundleError


@pytest.mark.parametrize("name", ["A", "0", "gpt2-small.res_5", "a" * 64])
def test_names_of_saes(name: str) -> None:
    assert sae_name(name) == name


@pytest.mark.parametrize("name", ["", ".", "..", "-a", "a/b", "a b", "ä", "a" * 65, "A\n", "digests.json"])
def test_names_that_are_no_folder_are_refused(name: str) -> None:
    with pytest.raises(BundleError, match="cannot name an SAE"):
        sae_name(name)


def test_chunks_stand_256_to_a_folder() -> None:
    assert [chunk_name("A", chunk) for chunk in (0, 255, 256)] == [
        "A/0/0.json.zst",
        "A/0/255.json.zst",
        "A/1/256.json.zst",
    ]


def test_a_chunk_stands_below_its_release() -> None:
    assert chunk_path("0123456789abcdef", "B", 300) == "data/0123456789abcdef/B/1/300.json.zst"


def test_the_last_chunk_may_be_short() -> None:
    assert [chunks_for(features, 16) for features in (0, 1, 16, 17)] == [0, 1, 1, 2]
