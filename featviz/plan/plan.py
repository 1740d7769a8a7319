"""The plan of a build, and what of it would not fit where."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from featviz.pipeline.subset import chosen_features
from featviz.pipeline.work import work_folder
from featviz.plan.estimate import Estimate, estimate
from featviz.plan.rates import Rates, measure_rates
from featviz.plan.shapes import Shapes, read_shapes
from featviz.plan.work import SaeWork, sae_work
from featviz.settings import Settings
from featviz.site.hosts import HOSTS


@dataclass(frozen=True)
class Plan:
    """What a build would do, and what it would take."""

    settings: Settings
    shapes: Shapes
    work: dict[str, SaeWork]
    rates: Rates
    estimate: Estimate

    def misfits(self) -> Iterator[str]:
        """What would not fit, and what to do."""
        room, memory = free_bytes(Path(self.settings.out)), available_bytes()
        needed = self.estimate.site + (self.estimate.work if _same_disk(self.settings) else 0)
        if needed > room:
            yield (
                f"disk: {gigabytes(needed)} are needed in {self.settings.out}, {gigabytes(room)} are free. "
                "Name another --out or --work."
            )
        if memory and self.estimate.peak > memory:
            yield (
                f"memory: {gigabytes(self.estimate.peak)} are needed, {gigabytes(memory)} are free. "
                "Build one SAE at a time."
            )
        for host in HOSTS.values():
            if host.total is not None and self.estimate.site > host.total:
                yield f"{host.title}: the site has {gigabytes(self.estimate.site)}, it takes {gigabytes(host.total)}."
            if host.files is not None and self.estimate.files > host.files:
                yield (
                    f"{host.title}: the site has {self.estimate.files:,} files, it takes {host.files:,}. "
                    "Raise --chunk-size."
                )


def make_plan(settings: Settings, l0: float | None = None, rates: Rates | None = None) -> Plan:
    """Read the inputs' sizes, measure this machine (about ten seconds, unless ``rates`` are given), and do the sums."""
    shapes = read_shapes(settings, l0)
    chosen = chosen_features(settings, {name: sae.d_sae for name, sae in shapes.saes.items()})
    work = {name: sae_work(shapes, sae, len(chosen[name]), settings) for name, sae in shapes.saes.items()}
    rates = rates or measure_rates(device=settings.device)
    return Plan(settings, shapes, work, rates, estimate(shapes, work, settings, rates))


def free_bytes(place: Path) -> int:
    """Room on the disk of a folder that may not be there yet."""
    return shutil.disk_usage(_existing(place)).free


def available_bytes() -> int:
    """Memory that a process could still have; 0 where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) * 1024
    except (OSError, StopIteration):
        return 0


def _same_disk(settings: Settings) -> bool:
    return _existing(Path(settings.out)).stat().st_dev == _existing(work_folder(settings)).stat().st_dev


def _existing(place: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    place = place.resolve()
    return next(folder for folder in (place, *place.parents) if folder.exists())


def gigabytes(size: float) -> str:
    """In words."""
    return f"{size / 1e9:,.2f} GB" if size >= 1e8 else f"{size / 1e6:,.1f} MB"
