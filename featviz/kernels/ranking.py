"""The largest of many values."""

from typing import Any

from featviz.kernels.compiled import compiled


@compiled(nogil=True)
def keep(value: Any, token: Any, kept: Any, values: Any, tokens: Any) -> Any:
    """Put a value in its place among the ``kept`` largest so far, behind its equals; returns how many there are now."""
    room = len(values)
    if kept == room and not value > values[room - 1]:
        return kept
    place = min(kept, room - 1)
    while place > 0 and values[place - 1] < value:
        values[place], tokens[place] = values[place - 1], tokens[place - 1]
        place -= 1
    values[place], tokens[place] = value, token
    return min(kept + 1, room)
