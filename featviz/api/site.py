"""A site on disk as objects: ``featviz.open("build").sae("A").feature(7)``."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featviz.api.feature import Feature, make_feature
from featviz.api.overview import overview_columns
from featviz.bundle.manifest import Manifest, SaeInfo
from featviz.bundle.reader import Bundle, record_in
from featviz.errors import FeatvizError

if TYPE_CHECKING:
    import pandas


def open_site(path: Path | str = "build") -> "Site":
    """The site in a folder, or of a ``manifest.json``. Features are read when they are asked for."""
    return Site(Bundle.open(Path(path)))


@dataclass(frozen=True)
class Site:
    """A site on disk."""

    bundle: Bundle
    """The reader beneath."""

    @property
    def path(self) -> Path:
        """The site's folder."""
        return self.bundle.root

    @property
    def manifest(self) -> Manifest:
        """What the site holds and where it comes from: model, tokens, settings, versions, hashes."""
        return self.bundle.manifest

    @property
    def saes(self) -> "dict[str, Sae]":
        """The SAEs by name, in their order."""
        return {info.name: Sae(self, info) for info in self.manifest.saes}

    def sae(self, name: str | None = None) -> "Sae":
        """The SAE of that name, or the first; an unknown name is a `FeatureNotFound`."""
        return Sae(self, self.bundle.sae(name))

    def __repr__(self) -> str:
        saes = ", ".join(f"{sae.name} ({sae.d_sae:,} features)" for sae in self.manifest.saes)
        return f"<featviz site {str(self.path)!r}: {self.manifest.title}, {saes}>"


@dataclass(frozen=True)
class Sae:
    """One SAE of a site."""

    site: Site
    info: SaeInfo
    """Its entry in the manifest: hooks, architecture, widths, hashes, how many features are dead."""

    @property
    def name(self) -> str:
        """Its name in the site."""
        return self.info.name

    @property
    def features(self) -> range | list[int]:
        """The numbers of the features that have a dashboard."""
        return range(self.info.d_sae) if self.info.features is None else self.info.features

    def feature(self, number: int) -> Feature:
        """Everything that is known about a feature; a number that there is not is a `FeatureNotFound`."""
        chunk = self.site.bundle.chunk_with(self.name, int(number))
        return make_feature(self.site.bundle, self.name, record_in(chunk, int(number)), chunk.tokens)

    def __getitem__(self, number: int) -> Feature:
        return self.feature(number)

    def __len__(self) -> int:
        return len(self.features)

    def __iter__(self) -> Iterator[Feature]:
        """Every feature that has a dashboard; each file is read once."""
        chunk = None
        for number in self.features:
            if chunk is None or not chunk.first <= number < chunk.first + len(chunk.records):
                chunk = self.site.bundle.chunk_with(self.name, number)
            yield make_feature(self.site.bundle, self.name, record_in(chunk, number), chunk.tokens)

    def overview(self) -> dict[str, Any]:
        """A few numbers of every feature, by column: numpy arrays, and lists of texts.

        ``feature``, ``firings``, ``density``, ``max`` (three significant digits, NaN if dead), ``fires_on`` and
        ``share`` (the commonest target of its top windows, and how much of them that is), ``promotes``, ``label``, and
        for every other SAE and its own ``correlated_feature_B`` (-1: none) with ``pearson_B`` (two decimals).
        """
        return overview_columns(self.site.bundle, self.info)

    def to_dataframe(self) -> "pandas.DataFrame":
        """The `overview` as a pandas DataFrame whose index is the feature; needs ``pip install featviz[pandas]``."""
        try:
            import pandas as pd
        except ImportError as error:
            raise FeatvizError(
                "to_dataframe needs pandas: pip install 'featviz[pandas]'. overview() does not."
            ) from error
        return pd.DataFrame(self.overview()).set_index("feature")

    def __repr__(self) -> str:
        return f"<SAE {self.name} of {self.site.manifest.title}: {self.info.read_hook}, {self.info.d_sae:,} features>"
