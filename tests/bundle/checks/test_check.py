from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from featviz.bundle.checks.check import check
from featviz.bundle.checks.consistency import record_problems
from featviz.bundle.digests import decode_digests, digest, encode_digests, release_of
from featviz.bundle.manifest import Manifest
from featviz.bundle.parts.overview import Column, Overview, decode_overview
from featviz.bundle.parts.postings import TOKENS, Postings, pack
from featviz.bundle.parts.search import read_search, search_files
from featviz.bundle.reader import Bundle
from featviz.bundle.writer import write_manifest
from featviz.records import Group, Record
from tests.bundle.test_reader import chunk_file, part_file


def messages(site: Path) -> str:
    return "\n".join(map(str, check(site).problems))


def test_a_whole_site_has_no_problems(site: Path) -> None:
    report = check(site)
    assert (report.problems, report.files) == ([], 14)
    assert report.bytes == sum(sae.bytes + sum(sae.parts.values()) for sae in Bundle.open(site).manifest.saes)


def test_processes_find_what_one_finds(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chunk_file(site, "A", 1).write_bytes(b"{}")
    chunk_file(site, "B", 1).unlink()
    alone = check(site)
    monkeypatch.setattr("featviz.bundle.checks.chunks.SHARE", 1)
    assert len(alone.problems) > 1
    assert check(site, processes=2) == alone


def test_shares_of_a_whole_site_add_up(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[str, int, float]] = []

    @contextmanager
    def watch(name: str, total: int, unit: str) -> Iterator[Callable[[float], None]]:
        yield lambda done: shown.append((name, total, done))

    monkeypatch.setattr("featviz.bundle.checks.chunks.SHARE", 2)
    assert check(site, processes=2, watch=watch).problems == []
    assert shown == [("check A", 3, 2), ("check A", 3, 1), ("check B", 3, 2), ("check B", 3, 1)]


def test_finds_a_flipped_byte(site: Path) -> None:
    path = chunk_file(site, "B", 2)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert "B/0/2.json.zst: its bytes are not those that digests.json names" in messages(site)


def test_finds_a_missing_chunk(site: Path) -> None:
    chunk_file(site, "B", 1).unlink()
    assert "B/0/1.json.zst: cannot be read: No such file" in messages(site)


def test_finds_swapped_chunks(site: Path) -> None:
    first, second = chunk_file(site, "A", 0), chunk_file(site, "A", 1)
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)
    assert "A/0/0.json.zst: the chunk starts at feature 2, not at 0" in messages(site)
    assert "A/0/1.json.zst: the chunk starts at feature 0, not at 2" in messages(site)


def test_finds_a_changed_list_of_digests(site: Path) -> None:
    path = chunk_file(site, "A", 0).parents[2] / "digests.json"
    path.write_bytes(path.read_bytes() + b"\n")
    assert "digests.json was changed" in messages(site)


def test_finds_a_chunk_that_nobody_asked_for(site: Path) -> None:
    chunk_file(site, "A", 9).write_bytes(b"")
    assert "A/0/9.json.zst: belongs to no SAE of the manifest" in messages(site)


def test_finds_a_site_without_a_manifest(tmp_path: Path) -> None:
    assert "holds no manifest.json" in messages(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"d_sae": 7}, "A/0/3.json.zst: is not listed in digests.json"),
        ({"d_sae": 5}, "A/0/2.json.zst: holds 2 features; expected 1"),
        ({"dead": 0}, "SAE A: dead is 0, but the chunks make it 1"),
        ({"firings": 1}, "SAE A: firings is 1, but the chunks make it"),
        ({"bytes": 1}, "SAE A: bytes is 1, but the chunks make it"),
        ({"chunks": 4}, "SAE A: chunks is 4, but the chunks make it 3"),
        ({"picks": [6]}, "SAE A: picks name a feature beyond 5"),
        ({"correlated_with": ["A"]}, "feature 0: correlated_features of"),
        ({"parts": {"overview": 1}}, "SAE A: parts.overview is 1, but its files make it"),
        ({"parts": {}}, "A/overview.zst: belongs to no SAE of the manifest"),
    ],
)
def test_finds_a_manifest_that_does_not_fit(site: Path, change: dict[str, Any], message: str) -> None:
    manifest = Bundle.open(site).manifest
    write_manifest(site, replace(manifest, saes=[replace(manifest.saes[0], **change), manifest.saes[1]]))
    assert message in messages(site)


def rewrite(site: Path, name: str, data: bytes) -> None:
    """Put other bytes into a part's file, and make digests, release and manifest go with them."""
    manifest = Bundle.open(site).manifest
    folder = site / "data" / manifest.release
    (folder / name).write_bytes(data)
    digests = decode_digests((folder / "digests.json").read_bytes()) | {name: digest(data)}
    (folder / "digests.json").write_bytes(encode_digests(digests))
    release = release_of(encode_digests(digests))
    folder.rename(folder.with_name(release))
    part = "search" if "/search/" in name else "overview"
    files = [path for path in (folder.with_name(release) / "A").rglob("*") if path.is_file() and part in str(path)]
    parts = manifest.saes[0].parts | {part: sum(path.stat().st_size for path in files)}
    saes = [replace(manifest.saes[0], parts=parts), manifest.saes[1]]
    write_manifest(site, replace(manifest, release=release, saes=saes))


def overview(site: Path) -> Overview:
    return decode_overview(part_file(site, "overview.zst").read_bytes(), "A", 6)


def test_a_rewritten_part_with_the_same_bytes_is_no_problem(site: Path) -> None:
    rewrite(site, "A/overview.zst", part_file(site, "overview.zst").read_bytes())
    assert messages(site) == ""


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (Column("firings"), "firings of feature 2 is 7, but its record makes it 220"),
        (Column("promotes"), "promotes of feature 2 is"),
        (Column("pearson", "B"), "pearson B of feature 2 is 7, but"),
    ],
)
def test_finds_an_overview_that_the_records_deny(site: Path, column: Column, message: str) -> None:
    wrong = overview(site)
    wrong.columns[column][2] = 7
    rewrite(site, "A/overview.zst", wrong.encode())
    assert f"A/overview.zst: {message}" in messages(site)


def test_finds_a_missing_column_and_a_missing_label(site: Path) -> None:
    whole = overview(site)
    wrong = replace(whole, columns={Column("firings"): whole.columns[Column("firings")]}, labels={})
    rewrite(site, "A/overview.zst", wrong.encode())
    assert "the column max is missing" in messages(site)
    assert "the label of feature 4 is not that of its record" in messages(site)


def postings(site: Path) -> tuple[Postings, ...]:
    return read_search("A", 6, lambda name: part_file(site, name.removeprefix("A/")).read_bytes())


def rewrite_search(site: Path, changed: Postings) -> None:
    for name, data in search_files("A", 6, (changed, postings(site)[1])):
        rewrite(site, name, data)


def test_finds_a_posting_that_is_missing(site: Path) -> None:
    tokens = postings(site)[0]
    place = int(np.flatnonzero(np.diff(tokens.entry) == 0)[0])
    rewrite_search(site, replace(tokens, packed=np.delete(tokens.packed, place)))
    text, facet = tokens.entries[tokens.entry[place]].text, TOKENS.facets[tokens.facet[place]]
    assert f"the posting of feature {tokens.feature[place]} under {text!r} ({facet}, class" in messages(site)
    assert "is missing" in messages(site)


def test_finds_a_posting_that_is_not_true(site: Path) -> None:
    tokens = postings(site)[0]
    lie = pack(tokens.entry[:1], tokens.facet[:1], tokens.strength[:1], np.array([1]))
    rewrite_search(site, replace(tokens, packed=np.sort(np.concatenate([tokens.packed, lie]))))
    assert "the posting of feature 1 under" in messages(site)
    assert "is not true" in messages(site)


def test_finds_a_damaged_part_and_a_missing_one(site: Path) -> None:
    part_file(site, "overview.zst").write_bytes(b"<html>")
    part_file(site, "search/tokens/0/0.zst").unlink()
    assert "A/overview.zst: its bytes are not those that digests.json names" in messages(site)
    assert "A/overview.zst: not a part" in messages(site)
    assert "A/search: tokens/0/0.zst: cannot be read: No such file" in messages(site)


def test_a_damaged_vocabulary_does_not_blame_the_shards(site: Path) -> None:
    part_file(site, "search/vocabulary.json.zst").write_bytes(b"{}")
    assert "belongs to no SAE" not in messages(site)
    assert "A/search: vocabulary.json.zst: vocabulary: the key 'format' is missing" in messages(site)
    assert "A/search/vocabulary.json.zst: its bytes are not those" in messages(site)


def problems(manifest: Manifest, record: Record) -> list[str]:
    return list(record_problems(record, manifest.saes[0], manifest))


@pytest.fixture
def manifest(site: Path) -> Manifest:
    return Bundle.open(site).manifest


@pytest.mark.parametrize("feature", range(6))
def test_the_synthetic_records_are_consistent(manifest: Manifest, records: list[Record], feature: int) -> None:
    assert problems(manifest, records[feature]) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"firings": 10**6}, "1000000 firings, but only 220 positions count"),
        ({"max": None}, "do not go with max None"),
        ({"activation_histogram": None}, "and its activation_histogram"),
    ],
)
def test_finds_firings_that_do_not_add_up(
    manifest: Manifest, records: list[Record], change: dict[str, Any], message: str
) -> None:
    assert message in "\n".join(problems(manifest, replace(records[0], **change)))


def test_finds_links_to_features_that_do_not_exist(manifest: Manifest, records: list[Record]) -> None:
    correlation = records[0].correlated_features["B"]
    assert correlation
    beyond = replace(correlation, index=np.array([0, 1, 6]))
    record = replace(records[0], correlated_features={"A": None, "B": beyond})
    assert problems(manifest, record) == ["a correlated feature of SAE B is beyond 5"]


def test_finds_similar_features_that_do_not_exist(manifest: Manifest, records: list[Record]) -> None:
    similar = records[0].similar_features
    assert similar
    record = replace(records[0], similar_features=replace(similar, feature=np.array([0, 1, 6])))
    assert problems(manifest, record) == ["a similar feature is beyond 5"]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("top", "a group's population is neither"),
        ("bottom", "a group's population is neither"),
        ("interval", "the intervals hold"),
    ],
)
def test_finds_groups_of_a_wrong_population(manifest: Manifest, records: list[Record], kind: str, message: str) -> None:
    def more(group: Group) -> Group:
        return replace(group, population=(group.population or 0) + 1) if group.kind == kind else group

    groups = [more(group) for group in records[0].groups]
    assert message in "\n".join(problems(manifest, replace(records[0], groups=groups)))


def test_finds_groups_that_show_too_many_positions(manifest: Manifest, records: list[Record]) -> None:
    windows = replace(records[0].windows, count=np.full(records[0].windows.count.size, 1000))
    found = problems(manifest, replace(records[0], windows=windows))
    assert found == ["a group shows more positions than it was chosen from"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seq": 20}, "a window lies outside the 20 × 12 tokens"),
        ({"start": 12}, "a window lies outside the 20 × 12 tokens"),
        ({"tokens": 60}, "a token id is beyond 59"),
    ],
)
def test_finds_windows_outside_the_tokens(
    manifest: Manifest, records: list[Record], change: dict[str, int], message: str
) -> None:
    windows = records[0].windows
    wrong: dict[str, Any] = {key: np.full(getattr(windows, key).size, value) for key, value in change.items()}
    assert problems(manifest, replace(records[0], windows=replace(windows, **wrong))) == [message]


def test_finds_activations_and_effects_where_nothing_counts(manifest: Manifest, records: list[Record]) -> None:
    windows = records[2].windows
    everywhere = np.arange(windows.tokens.size)
    record = replace(records[2], windows=replace(windows, uncounted=everywhere))
    assert problems(manifest, record) == [
        "a position that does not count carries an activation",
        "a position that does not count carries an effect",
    ]
