"""One look through all dashboards of an import: what must be known of all before the first record is made."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from featviz.errors import InputError
from featviz.importers.dashboards import Dashboard, Dashboards, Snippet


@dataclass
class Survey:
    """What all dashboards together say."""

    features: list[int] = field(default_factory=list)
    highest: int = 0
    """The largest feature number mentioned, that of a correlated feature included."""
    spelled: set[str] = field(default_factory=set)
    """Every token as it is spelled there."""
    ids: dict[int, str] = field(default_factory=dict)
    """The spelling of every vocabulary id that is mentioned."""
    densities: list[tuple[int, float]] = field(default_factory=list)
    """Firings and printed density of every feature that has both."""
    vocabularies: set[int] = field(default_factory=set)
    """What the histograms of logits add up to."""
    sizes: dict[str, int] = field(default_factory=dict)
    """The most that was found of what settings name."""
    fields: set[str] = field(default_factory=set)
    """Fields of the dashboards that at least one has."""

    @property
    def d_vocab(self) -> int | None:
        """The size of the vocabulary, if all agree."""
        return next(iter(self.vocabularies)) if len(self.vocabularies) == 1 else None

    @property
    def whole(self) -> bool:
        """Whether no feature up to the highest is left out."""
        return len(self.features) == self.highest + 1


def survey(dashboards: Dashboards) -> Survey:
    """Look through all of them."""
    found = Survey()
    for dashboard in dashboards:
        if found.features and dashboard.feature <= found.features[-1]:
            raise InputError(f"Feature {dashboard.feature} is there twice, or after feature {found.features[-1]}.")
        _see(found, dashboard)
    if not found.features:
        raise InputError("There is no feature in it.")
    return found


OPTIONAL = ("neuron_alignment", "correlated_neurons", "correlated_features", "correlated_b", "logits")


def _see(found: Survey, dashboard: Dashboard) -> None:
    found.features.append(dashboard.feature)
    own = dashboard.correlated_features
    found.highest = max(found.highest, dashboard.feature, *(own.index.tolist() if own else ()))
    found.fields.update(name for name in OPTIONAL if getattr(dashboard, name) is not None)
    if dashboard.density is not None and dashboard.firings:
        found.densities.append((dashboard.firings, dashboard.density))
    if dashboard.logit_histogram is not None:
        found.vocabularies.add(int(dashboard.logit_histogram.counts.sum()))
    for side in dashboard.logits or ():
        found.spelled.update(token for token, _ in side)
        _most(found, "logit_tokens", len(side))
    for group in dashboard.groups:
        _most(found, {"interval": "per_interval"}.get(group.kind, group.kind), len(group.snippets))
        if group.index is not None:
            _most(found, "intervals", group.index + 1)
        for snippet in group.snippets:
            _see_snippet(found, snippet)
    if dashboard.activations is not None:
        _most(found, "histogram_bins", dashboard.activations.counts.size)


def _see_snippet(found: Survey, snippet: Snippet) -> None:
    found.spelled.update(snippet.tokens)
    _most(found, "window", max(snippet.target, len(snippet.tokens) - 1 - snippet.target))
    for token, text in zip(snippet.ids or (), snippet.tokens, strict=False):
        if found.ids.setdefault(token, text) != text:
            raise InputError(
                f"Token id {token} is spelled {found.ids[token]!r} and {text!r}: the file contradicts itself."
            )
    for change in snippet.changes:
        found.fields.add("effects")
        found.spelled.update(_texts(change.promoted), _texts(change.suppressed))
        _most(found, "effect_tokens", len(change.promoted))


def _texts(moved: list[tuple[str, float]]) -> Iterator[str]:
    return (token for token, _ in moved)


def _most(found: Survey, name: str, size: int) -> None:
    found.sizes[name] = max(found.sizes.get(name, 0), size)
