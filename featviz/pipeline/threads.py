"""One thread a matrix product: the batches are threaded instead, which uses every core."""

import torch
from threadpoolctl import threadpool_limits


def thread_batches() -> None:
    """Keep torch's and numpy's products to the thread that asks for them, in this process from now on."""
    torch.set_num_threads(1)
    threadpool_limits(limits=1, user_api="blas")
