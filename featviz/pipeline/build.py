"""One command's work: from settings to a site."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from featviz import __version__
from featviz.bundle.folder import claimed, published_release
from featviz.bundle.format import chunks_for
from featviz.bundle.manifest import FeatvizInfo, Manifest, ModelInfo, SaeInfo, TokensInfo
from featviz.bundle.parts.collect import Parts
from featviz.bundle.writer import BundleWriter, remove_old_releases, remove_partial_releases, write_manifest
from featviz.capture.capture import has_neuron_basis
from featviz.labels.labels import Subject, Subjects
from featviz.labels.read import read_labels
from featviz.pieces import drop_other_pieces, open_pieces
from featviz.pipeline.compute import Computation
from featviz.pipeline.device import lost_device
from featviz.pipeline.doubts import doubts
from featviz.pipeline.finished import RECORDS
from featviz.pipeline.inputs import Inputs, load_inputs
from featviz.pipeline.memory import enough_memory
from featviz.pipeline.work import DRIVER, claimed_work, holds_other_work, work_folder, work_key
from featviz.progress import Stages
from featviz.provenance import git_revision, versions
from featviz.records import Label
from featviz.records.picks import Picks
from featviz.settings import PATHS, Settings, split_name
from featviz.site.build import build_site, check_pages
from featviz.threads import thread_batches

OTHER_WORK = (
    "of another model, SAE, text, batch size, --device or version of a library: none of it is used, and it is deleted "
    "when this site is published."
)


def build(
    settings: Settings,
    load: Callable[[Settings], Inputs] = load_inputs,
    stages: Stages | None = None,
    helpers: Callable[[], None] | None = None,
) -> Manifest:
    """Compute every feature of every SAE that ``load`` gives, and publish the site in ``settings.out``.

    ``helpers`` has others compute before, into the work folder; what they leave undone is done here.
    """
    stages = stages or Stages()
    out, pages = Path(settings.out), Path(settings.pages) if settings.pages else None
    work = work_folder(settings)
    with claimed(out), claimed_work(work, name=DRIVER, say=stages.say), stages.live():
        remove_partial_releases(out)
        if pages is not None:
            check_pages(pages)
        if helpers is not None:
            helpers()
        with claimed_work(work), lost_device(settings, work), enough_memory(settings, work):
            manifest, remarks = _compute_and_publish(settings, load, stages)
    stages.print_table()
    for remark in remarks:
        stages.say(remark)
    return manifest


def _compute_and_publish(
    settings: Settings, load: Callable[[Settings], Inputs], stages: Stages
) -> tuple[Manifest, list[str]]:
    """What is left of a build once it has the folders for itself; returns also what its maker should know."""
    out, work, pages = Path(settings.out), work_folder(settings), Path(settings.pages) if settings.pages else None
    thread_batches()
    with stages.stage("load", 1, "model"):
        inputs = load(settings)
    labels = read_labels(settings.labels, _subjects(inputs))
    key = work_key(inputs, settings)
    if holds_other_work(work, key):
        stages.say(f"{work} holds finished work, but {OTHER_WORK}")
    computation = Computation.start(inputs, settings, stages, open_pieces(work, key, stages.say))
    with BundleWriter(out) as writer:
        saes = [_write_sae(name, computation, writer, labels.of(name)) for name in inputs.saes]
        release = writer.close()
    manifest = _manifest(inputs, settings, release, saes)
    with stages.stage("site", 1, "site"):
        before = published_release(out)
        mistakes = build_site(out, manifest.content(), pages)
        write_manifest(out, manifest)
        remove_old_releases(out, {release, before})
    drop_other_pieces(work, key)
    drop_other_pieces(work / key / RECORDS, computation.records_key)
    return manifest, [*(f"Your pages: {mistake}" for mistake in mistakes), *doubts(inputs, computation.firings)]


def _subjects(inputs: Inputs) -> Subjects:
    """What labels can be about."""
    return Subjects.of(
        Subject(name, sae.d_sae, sae.source, sae.read_hook, inputs.model.name) for name, sae in inputs.saes.items()
    )


def _write_sae(name: str, computation: Computation, writer: BundleWriter, labels: Mapping[int, Label]) -> SaeInfo:
    """Write one SAE's chunks and what goes beside them; returns its manifest entry."""
    chosen, d_sae = computation.chosen[name], computation.inputs.saes[name].d_sae
    labels = {feature: labels[feature] for feature in chosen if feature in labels and labels[feature].text}
    parts, picks = Parts(name, computation.inputs.saes), Picks()
    for piece in computation.all_finished(name):
        for number, chunk in piece.labelled(labels):
            writer.add(name, number, chunk)
        piece.tell(parts, picks)
    with computation.stages.stage(f"index {name}", 1, "index") as advance:
        parts.see_labels({feature: label.text for feature, label in labels.items()})
        parts.write(writer, d_sae if chosen else 0)
        advance(1)
    return _sae_info(name, computation, writer, picks)


def _sae_info(name: str, computation: Computation, writer: BundleWriter, picks: Picks) -> SaeInfo:
    sae, firings = computation.inputs.saes[name], computation.firings[name]
    size, chosen = computation.chunk_size(name), computation.chosen[name]
    return SaeInfo(
        name=name,
        d_in=sae.d_in,
        d_sae=sae.d_sae,
        architecture=sae.architecture,
        read_hook=sae.read_hook,
        write_hook=sae.write_hook,
        hash=computation.inputs.sae_weights[name],
        revision=sae.revision,
        source=sae.source,
        files=sae.files,
        chunk_size=size,
        chunks=chunks_for(sae.d_sae, size),
        dead=int((firings.count == 0).sum()),
        firings=len(firings.place),
        bytes=writer.bytes[name],
        neuron_basis=has_neuron_basis(sae.read_hook),
        correlated_with=list(computation.inputs.saes),
        parts=dict(writer.parts[name]),
        picks=picks.best(),
        features=None if len(chosen) == sae.d_sae else list(chosen),
    )


def _manifest(inputs: Inputs, settings: Settings, release: str, saes: list[SaeInfo]) -> Manifest:
    model, tokens = inputs.model, inputs.tokens
    return Manifest(
        title=settings.title or model.name,
        release=release,
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        featviz=FeatvizInfo(__version__, git_revision()),
        versions=versions(),
        model=ModelInfo(
            model.name,
            model.architecture,
            model.revision,
            model.n_layers,
            model.d_model,
            model.d_vocab,
            model.processing,
            inputs.model_files,
        ),
        tokens=TokensInfo(
            tokens.name,
            tokens.revision,
            tokens.sha256,
            len(tokens.ids),
            tokens.context,
            tokens.counted,
            list(tokens.masked),
        ),
        settings=_shareable(replace(settings, context=tokens.context, processing=model.processing)),
        saes=saes,
        effect=settings.effect,
    )


def _shareable(settings: Settings) -> dict[str, Any]:
    """The settings with local paths cut to their last part: a published page names no folder of one's own machine."""
    values = settings.recorded()
    for key in PATHS:
        value = values[key]
        values[key] = [_last_part(each) for each in value] if isinstance(value, tuple) else _last_part(value)
    return values


def _last_part(value: str) -> str:
    name, place = split_name(value)
    if not place or not (Path(place).is_absolute() or Path(place).exists()):
        return value
    return f"{name}={Path(place).resolve().name}" if name else Path(place).resolve().name
