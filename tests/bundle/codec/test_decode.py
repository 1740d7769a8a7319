import contextlib
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featviz.bundle.codec.decode import decode_chunk
from featviz.errors import BundleError

Path = tuple[str | int, ...]

ordinary = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every value inside."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from paths(child, (*path, key))


def change(chunk: Any, path: Path, value: Any) -> bytes:
    """The chunk with one value replaced, or taken out where ``value`` is ``...``."""
    inside = chunk
    for key in path[:-1]:
        inside = inside[key]
    if value is ...:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return orjson.dumps(chunk)


json_values = st.just(...) | st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


@ordinary
@given(st.data(), json_values)
def test_a_changed_value_raises_nothing_but_bundle_errors(chunk_text: bytes, data: st.DataObject, value: Any) -> None:
    chunk = orjson.loads(chunk_text)
    shallow = [path for path in paths(chunk) if len(path) < 6]
    with contextlib.suppress(BundleError):
        decode_chunk(change(chunk, data.draw(st.sampled_from(shallow)), value))


@ordinary
@given(st.data(), st.binary(max_size=4))
def test_changed_bytes_raise_a_bundle_error(chunk_bytes: bytes, data: st.DataObject, patch: bytes) -> None:
    at = data.draw(st.integers(0, len(chunk_bytes) - 1))
    changed = chunk_bytes[:at] + patch + chunk_bytes[at + data.draw(st.integers(0, 4)) :]
    if changed != chunk_bytes:
        with pytest.raises(BundleError):
            decode_chunk(changed)


@ordinary
@given(st.data(), st.binary(min_size=1, max_size=4))
def test_changed_json_text_raises_nothing_but_bundle_errors(
    chunk_text: bytes, data: st.DataObject, patch: bytes
) -> None:
    at = data.draw(st.integers(0, len(chunk_text) - 1))
    with contextlib.suppress(BundleError):
        decode_chunk(chunk_text[:at] + patch + chunk_text[at + len(patch) :])


WINDOWS = ("features", 0, "windows")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("format",), 2, "format version 2: this featviz reads version 1"),
        (("format",), "1", "format: expected an integer"),
        (("format",), ..., "'format' is missing"),
        (("sae",), 3, "sae: expected a string, found 3"),
        (("features",), {}, "features: expected a list"),
        (("features", 1), None, r"features\[1\]: expected an object, found None"),
        (("features", 1, "feature"), 7, r"features\[1\].feature: expected 1, found 7"),
        (("features", 0, "windows"), ..., r"features\[0\]: the key 'windows' is missing"),
        (("features", 0, "max"), "3", "max: expected a number"),
        (("features", 0, "firings"), -1, "firings: expected an integer of at least 0, found -1"),
        (("features", 0, "firings"), True, "firings: expected an integer"),
        (("features", 0, "firings"), 1.0, "firings: expected an integer"),
        (("features", 0, "activation_histogram", "low"), 1e9, "low: expected at most high"),
        (("features", 0, "groups", 0, "kind"), "best", "expected one of top, interval, bottom, found 'best'"),
        (("features", 0, "groups", 0, "windows"), 99, "do not add up"),
        (("features", 0, "correlated_neurons", "pearson"), [0.5], "columns of unequal lengths: neuron 3, pearson 1"),
        (("features", 0, "correlated_neurons", "pearson", 0), 1.5, "numbers from -1 to 1"),
        (("features", 0, "logit_table", "positive", "token", 0), 999, "integers from 0 to"),
        ((*WINDOWS, "seq", 0), ..., "columns of unequal lengths: seq 8, pos 9"),
        ((*WINDOWS, "tokens", 0), 999, "tokens: expected a list of integers from 0 to"),
        ((*WINDOWS, "tokens", 0), -1, "tokens: expected a list of integers from 0 to"),
        ((*WINDOWS, "tokens", 0), ..., "the sum of the windows' lengths"),
        ((*WINDOWS, "pos", 0), 1000, "target stands outside the window"),
        ((*WINDOWS, "length", 0), 2**62, "length: expected a list of integers from 1"),
        ((*WINDOWS, "activation", "value", 0), ..., "value: expected .* entries, found"),
        ((*WINDOWS, "activation", "value", 0), 0, "integers from 1 to 1000"),
        ((*WINDOWS, "activation", "value", 0), 1001, "integers from 1 to 1000"),
        ((*WINDOWS, "activation", "scale"), None, "scale: expected a number, found None"),
        ((*WINDOWS, "activation", "scale"), -0.5, "scale: expected a scale"),
        ((*WINDOWS, "activation", "scale"), 1e308, "scale: expected a scale"),
        ((*WINDOWS, "activation", "at", 1), 0, "strictly increasing indices"),
        ((*WINDOWS, "activation", "at", 1), 40, "strictly increasing indices below"),
        ((*WINDOWS, "effect", "token", 0), ..., "the same even number for each"),
        ((*WINDOWS, "effect", "value", 0), ..., "value: expected .* entries"),
        (("tokens", "text", 0), ..., "columns of unequal lengths: id"),
        (("tokens", "text", 0), 5, "text: expected a list of strings"),
        (("tokens", "id", 0), 2**63, "id: expected a list of integers"),
        (("tokens", "bytes"), {"x": "e2"}, "bytes.x: expected an index below"),
        (("tokens", "bytes"), {"0": "e"}, "bytes.0: expected bytes in hexadecimal"),
        (("tokens", "special"), [999], "special: expected a list of integers from 0 to"),
    ],
)
def test_says_what_is_wrong(chunk_text: bytes, path: Path, value: Any, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        decode_chunk(change(orjson.loads(chunk_text), path, value))


def test_a_token_stands_once_in_the_table(chunk_text: bytes) -> None:
    chunk = orjson.loads(chunk_text)
    with pytest.raises(BundleError, match="a vocabulary id stands there twice"):
        decode_chunk(change(chunk, ("tokens", "id", 0), chunk["tokens"]["id"][1]))


def test_nan_is_not_json(chunk_text: bytes) -> None:
    with pytest.raises(BundleError, match="not valid JSON"):
        decode_chunk(chunk_text.replace(b"null", b"NaN", 1))


def test_the_chunk_must_be_of_the_sae_asked_for(chunk_bytes: bytes) -> None:
    with pytest.raises(BundleError, match='of SAE "A", not of "B"'):
        decode_chunk(chunk_bytes, sae="B", first=0)


def test_the_chunk_must_start_where_it_was_asked_to(chunk_bytes: bytes) -> None:
    with pytest.raises(BundleError, match="starts at feature 0, not at 16"):
        decode_chunk(chunk_bytes, sae="A", first=16)


def test_unknown_keys_are_passed_over(chunk_text: bytes) -> None:
    chunk = orjson.loads(chunk_text)
    for inside in (chunk, chunk["tokens"], chunk["features"][0], chunk["features"][0]["windows"]):
        inside["of_a_later_version"] = [1, "x"]
    assert len(decode_chunk(orjson.dumps(chunk)).records) == 6
