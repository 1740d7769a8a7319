"""``python -m tests.importers.demos``: the dashboards that the sae-vis wheel carries, imported and checked.

They hold real features of gelu-1l and other models. The wheel comes by pip; nothing of it is kept.
"""

import resource
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from featviz.bundle.checks.check import check
from featviz.bundle.reader import Bundle
from featviz.errors import InputError
from featviz.importers.publish import publish

WHEEL = "sae-vis==0.3.7"
BOARDS = "demo_othello_vis"
"""Its dashboards show boards, not tokens: they must be refused."""


@click.command()
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder to keep the sites in.")
def main(out: Path | None) -> None:
    """Print what became of each demo; the exit code is 1 if one is not what it should be."""
    with TemporaryDirectory(prefix="featviz-demos-") as folder:
        pages = fetch(Path(folder))
        failed = [page.stem for page in pages if not imports(page, (out or Path(folder, "sites")) / page.stem)]
    click.echo(f"{len(pages)} demos, {len(failed)} not as they should be {' '.join(failed)}")
    raise SystemExit(bool(failed) or not pages)


def fetch(folder: Path) -> list[Path]:
    """The demos' pages, taken out of the wheel."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), WHEEL]
    subprocess.run(pip, check=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".html"):
                (folder / Path(name).name).write_bytes(archive.read(name))
    return sorted(folder.glob("*.html"))


def imports(page: Path, out: Path) -> bool:
    """Import one page, and say whether all went well."""
    start = time.monotonic()
    try:
        manifest = publish(page, out)
    except InputError as error:
        click.echo(f"{page.stem}: refused: {error}"[:200])
        return page.stem == BOARDS
    problems = check(out).problems
    bundle, [sae] = Bundle.open(out), manifest.saes
    partial = {text for feature in sae.features or () for text in bundle.chunk(sae.name, feature).tokens.partial}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    click.echo(
        f"{page.stem}: {len(sae.features or ())} features, N {manifest.tokens.counted:,}, "
        f"d_vocab {manifest.model.d_vocab}, "
        f"{len(partial)} parts of characters, {page.stat().st_size / 1e6:.1f} MB to {sae.bytes / 1e6:.2f} MB, "
        f"{time.monotonic() - start:.1f} s, peak so far {peak:.0f} MB, {len(problems)} problems"
    )
    return not problems


if __name__ == "__main__":
    main()
