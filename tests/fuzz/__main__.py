"""``python -m tests.fuzz --inputs 100000``: what the readers make of that many mutants.

Half of the inputs go to the readers in Python, half to those of the page, in node.
"""

import tempfile
import warnings
from hashlib import sha256
from pathlib import Path

import click

from tests.fuzz.inputs import input_targets
from tests.fuzz.page import PAGE, fuzz_page
from tests.fuzz.run import Failure, fuzz
from tests.fuzz.targets import bundle_targets


@click.command()
@click.option("--inputs", default=100_000, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Folder for what readers failed on, as in tests/fuzz/corpus.",
)
def main(inputs: int, seed: int, keep: Path | None) -> None:
    """Damage files and read them."""
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory(prefix="featviz-fuzz-") as folder:
        of_bundle = bundle_targets(Path(folder, "site"))
        targets = [*of_bundle, *input_targets(Path(folder, "inputs"))]
        tally = fuzz(targets, inputs - inputs // 2, seed)
        for name in (target.name for target in targets):
            click.echo(f"Python  {name:30} {tally.read[name]:7,} read  {tally.refused[name]:7,} refused")
        page = fuzz_page(Path(folder, "site"), of_bundle, inputs // 2, seed + 1)
        for name in (target.name for target in of_bundle):
            click.echo(f"page    {name:30} {page.read[name]:7,} read  {page.refused[name]:7,} refused")
    failures = [*tally.failures, *page.failures]
    for failure in failures[:20]:
        click.echo(f"{failure.target}: {failure.what}")
        if keep:
            save(keep, failure)
    click.echo(f"{inputs:,} inputs, {len(failures)} failures")
    raise SystemExit(bool(failures))


def save(keep: Path, failure: Failure) -> None:
    """Where `tests.fuzz.corpus` would find it."""
    file = keep / failure.target.removeprefix(PAGE) / sha256(failure.data).hexdigest()[:12]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(failure.data)


if __name__ == "__main__":
    main()
