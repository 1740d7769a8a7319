"""The command ``python -m tests.synthetic``."""

from dataclasses import replace
from pathlib import Path

import click

from tests.synthetic import Shape, synthetic_bundle


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--features", default=64, show_default=True, help="Features of each SAE.")
@click.option("--seed", default=0, show_default=True)
@click.option("--d-vocab", default=5000, show_default=True, help="Tokens of the vocabulary.")
@click.option("--clean", is_flag=True, help="English-like text and features with a theme, for looking at pages.")
@click.option("--one", is_flag=True, help="SAE A alone.")
@click.option("--few-windows", is_flag=True, help="A fourth of the windows: quick and small, for very many features.")
def main(out: Path, features: int, seed: int, d_vocab: int, clean: bool, one: bool, few_windows: bool) -> None:
    """Write a bundle of two synthetic SAEs, A and B, into OUT."""
    shape = Shape(d_vocab=d_vocab, clean=clean)
    if few_windows:
        shape = replace(shape, bottom=2, per_interval=1)
    manifest = synthetic_bundle(out, features=features, saes="A" if one else "AB", seed=seed, shape=shape)
    for sae in manifest.saes:
        parts = ", ".join(f"{name} {size:,}" for name, size in sae.parts.items())
        click.echo(f"{out}: SAE {sae.name}, bytes: chunks {sae.bytes:,}, {parts}")


if __name__ == "__main__":
    main()
