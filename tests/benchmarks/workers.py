"""What workers take over: ``python -m tests.benchmarks.workers`` prints CPU seconds in 1, 2, 4 workers and in finish.

The case is that of tests/benchmarks/precompute.py with fewer features and tokens. Exits with 1 where the bytes of the
sites differ. ``loading`` is what each process spends before it begins: imports, the model, the SAEs.
"""

import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import click
import orjson

from tests.benchmarks.case import Case, Shape, make_case
from tests.benchmarks.measure import Cost, cost_of


@dataclass(frozen=True)
class Shared:
    """One build by some workers."""

    workers: list[Cost]
    finish: Cost
    loading: float
    """CPU seconds of ``finish`` before it begins."""
    release: str

    def line(self) -> str:
        """The table's row."""
        work, finish = sum(cost.cpu for cost in self.workers), self.finish.cpu
        slowest, own = max(cost.wall for cost in self.workers), finish - self.loading
        return (
            f"{len(self.workers):>8}{work:>13.1f}{slowest:>12.1f}{finish:>13.1f}{self.loading:>10.1f}{own:>8.1f}"
            f"{own / (work + finish):>8.1%}"
        )


HEADER = (
    f"{'workers':>8}{'their CPU-s':>13}{'slowest, s':>12}{'finish CPU-s':>13}{'loading':>10}{'rest':>8}{'share':>8}"
)


@click.command()
@click.option("--factor", default=32, show_default=True, help="How many times fewer features than 16,384.")
@click.option("--sequences", default=128, show_default=True, help="Of 128 tokens.")
@click.option("--workers", "counts", multiple=True, type=int, default=(1, 2, 4), show_default=True)
def main(factor: int, sequences: int, counts: tuple[int, ...]) -> None:
    """Build the same site by so many workers at once, and print what they and finish cost."""
    shape = replace(Shape().smaller(factor), sequences=sequences)
    with tempfile.TemporaryDirectory() as temporary:
        case = make_case(Path(temporary, "case"), shape)
        click.echo(f"two SAEs of {shape.d_sae:,} features, {shape.places:,} tokens, d_vocab {shape.d_vocab:,}")
        click.echo(HEADER)
        releases = set()
        for count in counts:
            shared = share(case, count, Path(temporary, str(count)))
            releases.add(shared.release)
            click.echo(shared.line())
    click.echo(f"bytes {'the same' if len(releases) == 1 else 'DIFFERENT'}")
    raise SystemExit(len(releases) != 1)


def share(case: Case, count: int, folder: Path) -> Shared:
    """Workers at once, then finish."""
    folder.mkdir()
    with ThreadPoolExecutor(count) as pool:
        workers = list(pool.map(lambda piece: _run(case, folder, f"work-{piece}", f"{piece}/{count}"), range(count)))
    finish = _run(case, folder, "finish", None)
    profile = json.loads((folder / "profile.json").read_text(encoding="utf-8"))
    inside = profile["total"]["cpu_seconds"] - profile["stages"]["load"]["cpu_seconds"]
    manifest = orjson.loads((folder / "out" / "manifest.json").read_bytes())
    return Shared(workers, finish, finish.cpu - inside, manifest["release"])


def _run(case: Case, folder: Path, name: str, piece: str | None) -> Cost:
    options = {
        "model": case.model, "sae": case.sae_a, "sae-b": case.sae_b, "tokens": case.tokens, "out": folder / "out",
        "max-tokens": case.shape.places, "context": case.shape.context,
        **({"piece": piece} if piece else {"profile": folder / "profile.json"}),
    }  # fmt: skip
    words = [word for option, value in options.items() for word in (f"--{option}", str(value))]
    return cost_of([sys.executable, "-m", "featviz", "work" if piece else "build", *words], folder / f"{name}.log")


if __name__ == "__main__":
    main()
