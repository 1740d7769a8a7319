import json
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from jsonschema import Draft202012Validator, ValidationError

from featviz.bundle import manifest as manifest_module
from featviz.bundle.codec.binary import Cursor
from featviz.bundle.codec.compression import decompress
from featviz.bundle.parts.overview import MAGIC, Column, Overview
from featviz.bundle.parts.overview_blocks import block_of
from tests.bundle.test_reader import part_file

SCHEMAS = Path(manifest_module.__file__).parent / "schema"


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture(scope="module")
def chunk_validator() -> Draft202012Validator:
    return validator("chunk")


@pytest.fixture(scope="module")
def manifest_validator() -> Draft202012Validator:
    return validator("manifest")


def test_a_chunk_is_as_its_schema_says(chunk_validator: Draft202012Validator, chunk_text: bytes) -> None:
    chunk_validator.validate(orjson.loads(chunk_text))


def test_a_manifest_is_as_its_schema_says(manifest_validator: Draft202012Validator, site: Path) -> None:
    manifest_validator.validate(orjson.loads((site / "manifest.json").read_bytes()))


def test_a_later_version_may_add_keys(chunk_validator: Draft202012Validator, chunk_text: bytes) -> None:
    chunk = orjson.loads(chunk_text)
    chunk["features"][0]["windows"]["later"] = chunk["tokens"]["later"] = chunk["later"] = 1
    chunk_validator.validate(chunk)


@pytest.mark.parametrize("inside", ["properties", "record", "windows", "group", "label"])
def test_every_key_is_described_or_points_to_a_definition(chunk_validator: Draft202012Validator, inside: str) -> None:
    schema = chunk_validator.schema
    part: dict[str, Any] = schema if inside == "properties" else schema["$defs"][inside]
    bare = [key for key, value in part["properties"].items() if not {"description", "$ref", "enum"} & value.keys()]
    assert bare == []


def test_a_block_of_an_overview_is_as_its_schema_says() -> None:
    overview = Overview("A", 4, [], {Column("firings"): np.arange(4)}, {3: "three"})
    for block in range(2):
        cursor = Cursor(decompress(block_of(overview, block, 2).encode(), MAGIC[:3]), MAGIC)
        validator("overview").validate(orjson.loads(cursor.text()))


def test_an_interval_has_an_index(chunk_validator: Draft202012Validator, chunk_text: bytes) -> None:
    chunk = orjson.loads(chunk_text)
    del chunk["features"][0]["groups"][1]["index"]
    with pytest.raises(ValidationError, match="'index' is a required property"):
        chunk_validator.validate(chunk)


def required_keys(value: Any, inside: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Every key of the first features, by its path with list indices left out."""
    if isinstance(value, list):
        return {path for item in value for path in required_keys(item, inside)}
    if not isinstance(value, dict):
        return set()
    nested = (required_keys(child, (*inside, key)) for key, child in value.items())
    return {(*inside, key) for key in value}.union(*nested)


FREE_NAMES = ("bytes", "correlated_features", "versions", "files", "parts")
"""Objects whose keys are names, not fields."""


def removals(document: Any) -> list[tuple[str, ...]]:
    return sorted(path for path in required_keys(document) if not set(path[:-1]) & set(FREE_NAMES))


def remove(value: Any, path: tuple[str, ...]) -> None:
    """Take the key at the end of the path out, wherever it stands."""
    if isinstance(value, list):
        for item in value:
            remove(item, path)
    elif isinstance(value, dict) and len(path) > 1:
        remove(value.get(path[0]), path[1:])
    elif isinstance(value, dict):
        value.pop(path[0], None)


def test_no_key_of_a_chunk_may_be_missing(chunk_validator: Draft202012Validator, chunk_text: bytes) -> None:
    optional = []
    for path in removals(orjson.loads(chunk_text)):
        chunk = orjson.loads(chunk_text)
        remove(chunk, path)
        if chunk_validator.is_valid(chunk):
            optional.append(path)
    assert optional == []


def overview_header(site: Path) -> bytes:
    cursor = Cursor(decompress(part_file(site, "overview.zst").read_bytes(), MAGIC[:3]), MAGIC)
    return cursor.text().encode()


def vocabulary(site: Path) -> bytes:
    return decompress(part_file(site, "search/vocabulary.json.zst").read_bytes())


PARTS = {"overview": overview_header, "vocabulary": vocabulary}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_as_its_schema_says(site: Path, name: str) -> None:
    validator(name).validate(orjson.loads(PARTS[name](site)))


@pytest.mark.parametrize("name", PARTS)
def test_no_key_of_a_part_may_be_missing(site: Path, name: str) -> None:
    text, schema, optional = PARTS[name](site), validator(name), []
    for path in removals(orjson.loads(text)):
        content = orjson.loads(text)
        remove(content, path)
        if schema.is_valid(content):
            optional.append(path)
    assert optional == []


def test_no_key_of_a_manifest_may_be_missing(manifest_validator: Draft202012Validator, site: Path) -> None:
    text = (site / "manifest.json").read_bytes()
    optional = []
    for path in removals(orjson.loads(text)):
        manifest = orjson.loads(text)
        remove(manifest, path)
        if manifest_validator.is_valid(manifest):
            optional.append(path)
    assert optional == [("format", "sha256")], "older manifests carry no digest of themselves"
