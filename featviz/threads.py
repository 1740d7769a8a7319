"""One thread a matrix product: blocks of work are threaded instead, which uses every core."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
Item = TypeVar("Item")

THREADS = 2
"""Of every stage that computes."""


def thread_batches() -> None:
    """Keep torch's and numpy's products to the thread that asks for them, in this process from now on."""
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)
    threadpool_limits(limits=1, user_api="blas")


def in_order(
    function: Callable[[Item], T], items: Iterable[Item], threads: int = THREADS, ahead: int = THREADS
) -> Iterator[T]:
    """What the function makes of each item, in the items' order; up to ``ahead`` are computed ahead, in threads."""
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # who stops asking does not wait for what is queued
            for job in waiting:
                job.cancel()
