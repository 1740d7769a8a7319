"""The groups of a sae_vis dashboard: which interval each is, and how many firings it was chosen from."""

import re
from dataclasses import replace

from featviz.importers.dashboards import Snippet, SnippetGroup

CONTAINS = re.compile(r"CONTAINS (\d{1,3}\.\d{1,6})%", re.ASCII)
HALF_A_STEP = 0.5e-5
"""Shares are printed as percentages with three decimals."""
Titled = tuple[str, SnippetGroup]


def groups_of(titled: list[Titled], firings: int) -> list[SnippetGroup]:
    """The top and then the intervals, from the highest to the lowest; none of a dead feature."""
    if firings == 0:
        return []
    tops = [replace(group, kind="top", population=firings) for title, group in titled if "INTERVAL" not in title]
    intervals = [(title, group) for title, group in titled if "INTERVAL" in title]
    populations = _populations([title for title, _ in intervals], firings)
    numbered = [
        replace(group, index=len(intervals) - 1 - place, population=population)
        for place, ((_, group), population) in enumerate(zip(intervals, populations, strict=True))
    ]
    return [_shown(group) for group in _placed(tops[:1] + numbered)]


def _placed(groups: list[SnippetGroup]) -> list[SnippetGroup]:
    """Of whole sequences sae_vis prints the target's position as the first token's, which is 0."""
    snippets = [snippet for group in groups for snippet in group.snippets]
    targets = {snippet.target for snippet in snippets}
    if len(targets) < 2 or any(snippet.start != snippet.target for snippet in snippets):
        return groups
    return [replace(group, snippets=[replace(each, start=0) for each in group.snippets]) for group in groups]


def _populations(titles: list[str], firings: int) -> list[int | None]:
    """The printed shares as numbers, where rounding leaves one possible and all of them add up."""
    shares = [float(match[1]) / 100 for title in titles if (match := CONTAINS.search(title))]
    counts = [round(share * firings) for share in shares]
    certain = HALF_A_STEP * firings < 0.5 and len(shares) == len(titles) and sum(counts) == firings
    return list(counts) if certain else [None] * len(titles)


def _shown(group: SnippetGroup) -> SnippetGroup:
    """The snippets whose target fires, each place once."""
    places: dict[tuple[int, int], Snippet] = {}
    for snippet in group.snippets:
        if snippet.activation[snippet.target] > 0:
            places.setdefault((snippet.seq, snippet.start + snippet.target), snippet)
    known = group.population is not None and group.population >= len(places)
    return replace(group, snippets=list(places.values()), population=group.population if known else None)
