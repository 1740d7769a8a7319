"""Asking memory for what is read soon."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from featviz.kernels.compiled import compiled

LINE = 64
"""Bytes that memory brings together."""
_READ, _ALL_CACHES, _DATA = 0, 3, 1


def _prefetch(typing: Any, array: Any, index: Any) -> Any:
    """LLVM's prefetch of one entry of a contiguous vector."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = context.make_array(signature.args[0])(context, builder, arguments[0])
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        of = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        place = builder.bitcast(builder.gep(vector.data, [arguments[1]]), byte)
        settings = (number(setting) for setting in (_READ, _ALL_CACHES, _DATA))
        builder.call(builder.module.declare_intrinsic("llvm.prefetch", [byte], of), [place, *settings])
        return context.get_dummy_value()

    return types.void(array, index), generate


_ask_for: Any = intrinsic(_prefetch)


@compiled(nogil=True)
def ask_for(row: Any, first: Any, end: Any) -> None:
    """The entries ``first`` … ``end`` - 1 of a contiguous row."""
    for at in range(first, end, LINE // row.itemsize):
        _ask_for(row, at)


@compiled(nogil=True)
def ask_for_entries(row: Any, entries: Any) -> None:
    """Some entries of a contiguous row."""
    for at in entries:
        _ask_for(row, at)
