"""How the tokens are cut depends on nothing but the inputs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featviz.capture.shards import SHARD_PLACES, cut


@given(st.integers(1, 5000), st.integers(1, 300), st.integers(1, 64), st.floats(1e3, 1e12))
def test_shards_are_all_sequences_in_whole_batches(sequences: int, context: int, batch_size: int, flops: float) -> None:
    shards = cut(sequences, context, batch_size, flops)
    assert [number for shard in shards for number in shard.sequences] == list(range(sequences))
    assert [shard.number for shard in shards] == list(range(len(shards)))
    batches = [batch for shard in shards for batch in shard.batches]
    assert batches == [range(at, min(at + batch_size, sequences)) for at in range(0, sequences, batch_size)]
    assert all(len(shard.sequences) * context <= max(SHARD_PLACES, batch_size * context) for shard in shards)


@pytest.mark.parametrize(("flops", "batches"), [(1e6, 8), (1.4e8, 3), (1e12, 1)])
def test_the_more_a_token_takes_the_smaller_a_shard(flops: float, batches: int) -> None:
    assert {len(shard.batches) for shard in cut(32 * 24, 128, 32, flops)} == {batches}


def test_what_more_tokens_add_leaves_the_first_shards_as_they_are() -> None:
    assert cut(1000, 128, 32, 1e8)[:5] == cut(10_000, 128, 32, 1e8)[:5]
