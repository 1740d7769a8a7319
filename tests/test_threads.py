"""Blocks of work in threads."""

import threading
from collections.abc import Iterator

import pytest

from featviz.threads import in_order


def test_the_order_is_that_of_the_items_whichever_is_done_first() -> None:
    second_done = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second_done.wait(10)
        elif item == 1:
            second_done.set()
        return item * item

    assert list(in_order(work, range(50))) == [item * item for item in range(50)]


def test_only_a_few_are_computed_ahead() -> None:
    asked = list[int]()

    def items() -> Iterator[int]:
        for item in range(100):
            asked.append(item)
            yield item

    results = in_order(lambda item: item, items(), threads=2)
    assert next(results) == 0
    assert len(asked) <= 4
    results.close()  # type: ignore[attr-defined]
    assert len(asked) <= 4


def test_an_error_comes_where_its_item_stood() -> None:
    results = in_order(lambda item: 1 // item, [1, 2, 0, 3])
    assert (next(results), next(results)) == (1, 0)
    with pytest.raises(ZeroDivisionError):
        next(results)
