"""The command ``python -m tests.synthetic``."""

from pathlib import Path

import click

from tests.synthetic import synthetic_bundle


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--features", default=64, show_default=True, help="Features of each SAE.")
@click.option("--seed", default=0, show_default=True)
def main(out: Path, features: int, seed: int) -> None:
    """Write a bundle of two synthetic SAEs, A and B, into OUT."""
    manifest = synthetic_bundle(out, features=features, seed=seed)
    click.echo(f"{out}: release {manifest.release}, {sum(sae.bytes for sae in manifest.saes)} bytes of chunks")


if __name__ == "__main__":
    main()
