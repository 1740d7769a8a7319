"""The command line: thin verbs; torch and mkdocs are imported only by the verbs that compute."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from featviz import __version__
from featviz.errors import FULL, FeatvizError, unwritable
from featviz.options import PickedFeatures, given, setting_options
from featviz.settings import Settings, make_settings, read_settings

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
HOSTS = ("github", "netlify", "cloudflare", "huggingface", "s3")
DEMO_LEAVES_OUT = (
    *("model", "sae", "sae_b", "hook", "write_hook", "processing"),
    *("tokens", "text_key", "split", "subset"),
)


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, prog_name="featviz")
def main() -> None:
    """Look at what a neural network learned: a language model and its SAEs as a browsable site.

    \b
    featviz demo                       build the site of the embedded model in build/
    featviz serve build                look at it
    featviz build -h                   your own model, SAE and text
    """


@main.command(context_settings=CONTEXT)
@setting_options(without=DEMO_LEAVES_OUT)
def demo(**options: Any) -> None:
    """Build a site of the small model and the two SAEs that come with featviz.

    \b
    Example: featviz demo --out build
    """
    settings = make_settings(given(options))
    with _interruptible(settings.out):
        from featviz.demo.build import build_demo

        build_demo(settings)
    _look_at(settings.out)


@main.command(context_settings=CONTEXT)
@click.argument("example", required=False)
@click.option("--list", "listed", is_flag=True, help="Say which examples there are.")
@click.option("-o", "out", default="featviz.toml", show_default=True, type=click.Path(), help="File to write.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def init(example: str | None, listed: bool, out: str, force: bool) -> None:
    """Write a settings file: every option with its meaning, or an EXAMPLE with real names.

    \b
    Example: featviz init gelu-1l
    """
    from featviz.examples.write import examples, write_settings

    if listed:
        for name, meaning in examples().items():
            click.echo(f"{name:16} {meaning}")
        return
    write_settings(Path(out), example, force)
    config = "" if out == "featviz.toml" else f" {out}"
    first = "" if example else "Say in it what model, sae and tokens are. "
    click.echo(f"{out} is written. {first}Then: featviz build{config}")


@main.command(context_settings=CONTEXT)
@click.argument("config", type=click.Path(dir_okay=False), required=False)
@setting_options()
@click.option("--profile", type=click.Path(dir_okay=False), help="JSON file for each stage's time and memory.")
@click.option("--from-manifest", "manifest", type=click.Path(), help="Repeat the build of this site or manifest.json.")
@click.option("--engine", type=click.Choice(["process", "ray"]), default="process", help="Where pieces of work run.")
@click.option("--address", default="auto", show_default=True, help="Of the Ray cluster.")
def build(
    config: str | None, profile: str | None, manifest: str | None, engine: str, address: str, **options: Any
) -> None:
    """Build a site from your own model, SAE and text.

    Options win over CONFIG, a featviz.toml whose keys are the options' names; the one in this folder is read if
    there is one.

    \b
    Example: featviz build --model gpt2-folder --sae sae-folder --tokens text.txt --out build
    """
    if manifest is not None:
        if config is not None:
            raise click.UsageError("CONFIG and --from-manifest both say what to build; give one of them.")
        _repeat(manifest, given(options), profile)
        return
    settings = _settings(config, options)
    with _interruptible(settings.out):
        from featviz.pipeline.build import build as build_site_of
        from featviz.plan.expect import expectation
        from featviz.progress import Stages

        stages = Stages(expected=expectation(settings) if engine == "process" else None)
        if engine == "ray":
            from featviz.pipeline.ray_engine import build_on_ray

            build_on_ray(settings, address, stages)
        else:
            build_site_of(settings, stages=stages)
        if profile:
            stages.write_profile(Path(profile))
    _look_at(settings.out)


def _settings(config: str | None, options: dict[str, Any]) -> Settings:
    """Those of CONFIG, or of the featviz.toml in this folder, and over them those of the command line."""
    path = config or ("featviz.toml" if Path("featviz.toml").is_file() else None)
    return make_settings(given(options), make_settings(read_settings(path) if path else {}))


@main.command(context_settings=CONTEXT)
@click.argument("config", type=click.Path(dir_okay=False), required=False)
@click.option("--piece", required=True, metavar="I/N", help="Which share of the work: 0/8 … 7/8 for eight workers.")
@setting_options()
def work(config: str | None, piece: str, **options: Any) -> None:
    """Do a share of a build's work, beside other processes that do the others, on this machine or on many.

    All of them, and featviz finish after them, take the same CONFIG and options, and share the folder --work. A share
    may be given again after its worker was killed; it goes on where it was.

    \b
    Example: featviz work featviz.toml --work /shared/work --piece 3/8
    """
    number, _, count = piece.partition("/")
    if not (number.isdecimal() and count.isdecimal()):
        raise click.UsageError(f"--piece is {piece!r}; expected which of how many, such as 0/8.")
    settings = _settings(config, options)
    with _interruptible(settings.out):
        from featviz.pipeline.worker import work as work_on

        blocks = work_on(settings, int(number), int(count))
    click.echo(f"Piece {piece} is done: {blocks} blocks of features.", err=True)


@main.command(context_settings=CONTEXT)
@click.argument("config", type=click.Path(dir_okay=False), required=False)
@setting_options()
@click.pass_context
def finish(context: click.Context, /, config: str | None, **options: Any) -> None:
    """Put the site together from the shares that featviz work has done, and compute what is missing.

    \b
    Example: featviz finish featviz.toml --work /shared/work --out build
    """
    context.invoke(build, config=config, profile=None, manifest=None, engine="process", address="", **options)


def _repeat(manifest: str, options: dict[str, Any], profile: str | None) -> None:
    """Build what a manifest says, and say whether it came to the same."""
    from featviz.pipeline.build import build as build_site_of
    from featviz.pipeline.repeat import load_same, outcome, read_manifest, settings_of
    from featviz.progress import Stages

    before = read_manifest(manifest)
    settings, stages = settings_of(before, options), Stages()
    with _interruptible(settings.out):
        after = build_site_of(settings, lambda settings: load_same(settings, before), stages)
        if profile:
            stages.write_profile(Path(profile))
    _look_at(settings.out)
    click.echo(outcome(before, after))


@main.command("import", context_settings=CONTEXT)
@click.argument("path", type=click.Path())
@click.option("-o", "--out", type=click.Path(), required=True, help="Folder to write the site into.")
@click.option("--name", default="", help="Name of the SAE.  [default: as the dashboards say, or A]")
@click.option("--title", default="", help="Title of the site.")
@click.option("--model", default="", help="Name of the model, where the dashboards do not say.")
@click.option("--tokens", default="", help="Name of the text, where they do not say.")
@click.option("--hook", default="", help="Hook that the SAE reads, where they do not say.")
@click.option("--counted", type=click.IntRange(1), default=None, help="Positions counted over, where they do not say.")
def import_(path: str, out: str, **stated: Any) -> None:
    """Make a site of dashboards that another program made.

    PATH is an HTML file of sae_vis, or a folder of SAEDashboard's batch-N.json for Neuronpedia. The site says what they
    do not hold.

    \b
    Example: featviz import neuronpedia_outputs -o build
    """
    from featviz.importers.publish import Stated, publish

    manifest = publish(Path(path), Path(out), Stated(**stated))
    for sae in manifest.saes:
        features = sae.d_sae if sae.features is None else len(sae.features)
        click.echo(
            f"{sae.name}: {features:,} features from {manifest.imported.program if manifest.imported else path}."
        )
    _look_at(out)


@main.command(context_settings=CONTEXT)
@click.argument("config", type=click.Path(dir_okay=False), required=False)
@setting_options()
@click.option("--l0", type=click.FloatRange(0, min_open=True), help="Features that fire at a token, if you know.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def plan(config: str | None, l0: float | None, as_json: bool, **options: Any) -> None:
    """Say what a build would take, before anything is computed.

    CONFIG and options are those of featviz build. Reads the headers of model and SAEs, measures this machine for ten
    seconds, and prints pieces, FLOPs, bytes, files, time, memory, and what would not fit where.

    \b
    Example: featviz plan featviz.toml --max-tokens 10000000
    """
    settings = _settings(config, options)
    from featviz.plan import make_plan
    from featviz.plan.report import document, lines

    made = make_plan(settings, l0)
    click.echo(json.dumps(document(made), indent=2) if as_json else "\n".join(lines(made)))


@main.command(context_settings=CONTEXT)
@click.argument("folder", type=click.Path())
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port on this machine; 0 takes any free one.",
)
def serve(folder: str, port: int) -> None:
    """Serve a built site to this machine alone.

    \b
    Example: featviz serve build --port 8000
    """
    from featviz.site.serve import serve as serve_site

    serve_site(Path(folder), port)


@main.command(context_settings=CONTEXT)
@click.argument("bundle", type=click.Path())
@click.argument("feature", type=int)
@click.option("--sae", default=None, help="Name of the SAE.  [default: the first]")
def show(bundle: str, feature: int, sae: str | None) -> None:
    """Print one feature's record as JSON, in real units.

    \b
    Example: featviz show build 1207 --sae A
    """
    import orjson

    from featviz.bundle.reader import Bundle
    from featviz.bundle.show import show as show_record

    record = show_record(Bundle.open(Path(bundle)), feature, sae)
    sys.stdout.buffer.write(orjson.dumps(record, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


@main.command(context_settings=CONTEXT)
@click.argument("folder", type=click.Path())
@click.option("--host", type=click.Choice(HOSTS), default=None, help="Say also what this host would refuse.")
def check(folder: str, host: str | None) -> None:
    """Check that a site's data are whole: hashes, counts, ids.

    With --host, also whether that host would take the site, and how to build it so that it fits. The exit code is 1
    if anything is wrong.

    \b
    Example: featviz check build --host github
    """
    from featviz.bundle.checks.check import check as check_bundle
    from featviz.progress import Stages
    from featviz.usage import cores

    stages = Stages()
    with stages.live():
        report = check_bundle(Path(folder), cores(), stages.whole)
    for problem in report.problems:
        click.echo(problem)
    if report.whole:
        click.echo(f"{folder} is whole: {report.files:,} files, {report.bytes / 1e6:.1f} MB")
    fits = host is None or _fits(folder, host)
    if not (report.whole and fits):
        raise SystemExit(1)


def _fits(folder: str, name: str) -> bool:
    """Say how the site fits the host."""
    from featviz.site.hosts import HOSTS, fit

    found = fit(Path(folder), name)
    for refusal in found.refusals:
        click.echo(f"{HOSTS[name].title}: {refusal}")
    if not found.refusals:
        click.echo(f"{HOSTS[name].title} takes it: {found.files:,} files, {found.bytes / 1e6:.1f} MB in all")
    return not found.refusals


@main.command(context_settings=CONTEXT)
@click.argument("folder", metavar="BUNDLE", type=click.Path())
@click.option(
    "--keep",
    default=2,
    show_default=True,
    type=click.IntRange(1),
    help="Releases to keep: the published one and the newest of the others.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
def gc(folder: str, keep: int, dry_run: bool) -> None:
    """Remove data of old releases, and what interrupted builds left.

    What readers see stays as it is: the release that manifest.json names is always kept. Keep the one before it too
    (as builds do) while pages that were opened before the last upload may still ask for it.

    \b
    Example: featviz gc build --keep 1
    """
    from featviz.bundle.releases import gc as remove_releases
    from featviz.bundle.releases import leftovers

    found = (leftovers if dry_run else remove_releases)(Path(folder), keep)
    for leftover in found:
        click.echo(f"{leftover.path}: {leftover.bytes / 1e6:.1f} MB")
    freed = sum(leftover.bytes for leftover in found)
    click.echo(f"{'Would remove' if dry_run else 'Removed'} {len(found)} folders, {freed / 1e6:.1f} MB.")


@main.command(context_settings=CONTEXT)
@click.argument("folder", metavar="BUNDLE", type=click.Path())
@click.argument("file", type=click.Path())
@click.option("--sae", default=None, help="SAE that is meant where FILE names none.  [default: the only one]")
@click.option("--pages", default=None, type=click.Path(), help="The site's own pages, if it was built with some.")
@click.option("--any-source", is_flag=True, help="Take explanations of a model or layer with another name.")
def labels(folder: str, file: str, sae: str | None, pages: str | None, any_source: bool) -> None:
    """Add labels to a site that is there, without computing it again.

    FILE is JSON, CSV, notes exported from a site, explanations exported from Neuronpedia (.jsonl, .jsonl.gz, or a
    folder of them), or the folder of explanations that delphi writes. Labels of other features stay; one without
    text takes the feature's label away. Links stay good.

    \b
    Example: featviz labels build explanations.jsonl.gz --sae A
    """
    from featviz.labels.publish import add_labels

    with _interruptible(folder):
        for done in add_labels(Path(folder), Path(file), sae, Path(pages) if pages else None, any_source):
            left_out = f"; {done.absent:,} of features without a dashboard left out" if done.absent else ""
            having = f"{done.labelled:,} of {done.features:,} features have a label"
            click.echo(f"{done.sae}: {having}, {done.changed:,} changed{left_out}")


@main.command(context_settings=CONTEXT)
@click.argument("folder", metavar="BUNDLE", type=click.Path())
@click.option("--features", type=PickedFeatures(), required=True, help="Features to write, such as 7,12 or A:7,B:12.")
@click.option("--sae", default=None, help="SAE of features without a name before them.  [default: the first]")
@click.option("-o", "--out", type=click.Path(), required=True, help="The HTML file to write.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def export(folder: str, features: list[tuple[str | None, int]], sae: str | None, out: str, force: bool) -> None:
    """Write some features as one HTML file that needs no server.

    \b
    Example: featviz export build --features 7,12,99 -o picks.html
    Example: featviz export build --features A:7,B:12 -o pair.html
    """
    from featviz.site.export import export as export_features

    done = export_features(Path(folder), [(name or sae, number) for name, number in features], Path(out), force)
    click.echo(f"{out}: {done.features} features, {done.bytes / 1e6:.1f} MB")


@contextmanager
def _interruptible(out: str) -> Iterator[None]:
    """Ctrl-C and a full disk end a build in one line; what was published before is still whole."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise FeatvizError(unwritable(Path(error.filename or out), error)) from error
        raise FeatvizError(f"{error.filename or out}: {error.strerror or error}.") from error
    except KeyboardInterrupt:
        click.echo(f"Stopped. What is published in {out} is as it was; run the same command to go on.", err=True)
        raise SystemExit(130) from None


def _look_at(out: str) -> None:
    click.echo(f"The site is in {out}. To look at it: featviz serve {out}")
