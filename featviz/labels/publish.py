"""Puts labels on a site that is there: as a new release, published in one step; no number is computed again."""

import time
from dataclasses import replace
from pathlib import Path

from featviz.bundle.folder import claimed
from featviz.bundle.manifest import Manifest
from featviz.bundle.reader import Bundle
from featviz.bundle.relabel import Relabelled, Relabelling
from featviz.bundle.writer import BundleWriter, remove_old_releases, remove_partial_releases, write_manifest
from featviz.errors import InputError
from featviz.labels.labels import Subject, Subjects
from featviz.labels.read import read_labels
from featviz.site.build import build_site, check_pages


def add_labels(
    folder: Path, source: Path, sae: str | None = None, pages: Path | None = None, any_source: bool = False
) -> list[Relabelled]:
    """Add the labels in ``source`` to the site in ``folder``; those of other features stay as they are.

    ``sae`` is the SAE that is meant where the file names none. ``pages`` are the site's own pages, if it has some.
    """
    root = Bundle.open(folder).root
    with claimed(root):
        bundle = Bundle.open(root)
        _check_pages(bundle.manifest, pages)
        labels = read_labels(source, _subjects(bundle.manifest, sae), any_source)
        if not labels.by_feature:
            raise InputError(f"{source} holds no label, so nothing was changed.")
        remove_partial_releases(root)
        with BundleWriter(root) as writer:
            relabelling = Relabelling(bundle, writer)
            done = [relabelling.sae(info, labels.of(info.name)) for info in bundle.manifest.saes]
            release = writer.close()
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        manifest = replace(bundle.manifest, release=release, created=created, saes=[info for info, _ in done])
        build_site(root, manifest.content(), pages)
        write_manifest(root, manifest)
        remove_old_releases(root, {release, bundle.manifest.release})
    return [report for info, report in done if labels.of(info.name)]


def _subjects(manifest: Manifest, asked: str | None) -> Subjects:
    """What labels can be about."""
    return Subjects.of(
        (Subject(sae.name, sae.d_sae, sae.source, sae.read_hook, manifest.model.name) for sae in manifest.saes), asked
    )


def _check_pages(manifest: Manifest, pages: Path | None) -> None:
    """Pages name the release, so they are written again: a site with pages of its own needs them once more."""
    own = manifest.settings.get("pages")
    if pages is not None:
        check_pages(pages)
    elif own:
        raise InputError(f'This site was built with pages of its own. Name their folder, "{own}", with --pages.')
