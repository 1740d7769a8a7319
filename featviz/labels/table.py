"""Labels as CSV: a line of names, then a line for each feature."""

import csv
from collections.abc import Iterator
from io import StringIO

from featviz.errors import InputError, nearest
from featviz.labels.labels import LONGEST, Labels, Subjects, make_label
from featviz.records import Label

NAMES = {
    "feature": ("feature", "index", "latent"),
    "text": ("text", "label", "description", "explanation"),
    "score": ("score",),
    "source": ("source",),
    "sae": ("sae",),
}
"""What the columns may be called; all but ``feature`` and ``text`` may be missing, other columns are passed over."""


def read(text: str, subjects: Subjects, path: str) -> Labels:
    """The labels in a CSV file."""
    rows = _rows(text, path)
    columns = _columns(next(rows, (1, []))[1], path)
    labels: dict[tuple[str, int], Label] = {}
    for number, row in rows:
        where = f"{path}, line {number}"
        if len(row) <= max(columns.values()):
            raise InputError(f"{where} has {len(row)} values, but the first line names {max(columns.values()) + 1}.")
        value = {column: row[at].strip() for column, at in columns.items()}
        subject = subjects.named(value["sae"], where) if "sae" in value else subjects.only(path)
        place = subject.name, subject.feature(value["feature"], where)
        if place in labels:
            raise InputError(f"{where}: feature {place[1]} of SAE {place[0]} is there twice.")
        labels[place] = make_label(where, value["text"], _number(value.get("score")), value.get("source") or None)
    return Labels(labels)


def _rows(text: str, path: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its last line."""
    csv.field_size_limit(max(csv.field_size_limit(), 2 * LONGEST))
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        yield from ((reader.line_num, row) for row in reader if any(row))
    except csv.Error as error:
        raise InputError(f"Labels {path}, line {reader.line_num}: not CSV: {error}.") from error


def _columns(header: list[str], path: str) -> dict[str, int]:
    """The place of each column that the header names."""
    found = [name.strip().lower() for name in header]
    columns = {
        column: next(at for at, name in enumerate(found) if name in names)
        for column, names in NAMES.items()
        if set(names) & set(found)
    }
    for column in ("feature", "text"):
        if column not in columns:
            known = [name for names in NAMES.values() for name in names]
            near = next(filter(None, (nearest(name, known) for name in found if name not in known)), "")
            shown = ", ".join(found)[:60] or "nothing"
            raise InputError(
                f"{path}: its first line names {shown}, expected columns such as feature,text,score,source.{near}"
            )
    return columns


def _number(value: str | None) -> float | str | None:
    """A score as a number, if it is one."""
    try:
        return float(value) if value else None
    except ValueError:
        return value
