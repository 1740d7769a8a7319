"""Feeds mutants to readers, and keeps what no reader may do."""

import resource
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from types import FrameType

from featviz.errors import FeatvizError
from tests.fuzz.mutate import mutant
from tests.fuzz.targets import Target

SECONDS, MEGABYTES = 10, 400
"""What one small file may take at most."""


class TooSlow(Exception):
    """A reader hangs."""


@dataclass
class Failure:
    """A file, and what its reader did that it may not do."""

    target: str
    data: bytes
    what: str


@dataclass
class Tally:
    """How it went."""

    read: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)


def fuzz(targets: list[Target], inputs: int, seed: int) -> Tally:
    """So many mutants, dealt out to the targets in turn; the whole files that they are made from must be read."""
    tally, rng = Tally(), Random(seed)
    before = signal.signal(signal.SIGALRM, too_slow)
    for target in targets:
        for whole in target.seeds:
            target.read(whole)
    for number in range(inputs):
        target = targets[number % len(targets)]
        data = mutant(rng.choice(target.seeds), target.seeds, rng)
        problem = verdict(target, data, tally)
        if problem:
            tally.failures.append(Failure(target.name, data, problem))
    signal.signal(signal.SIGALRM, before)
    return tally


def verdict(target: Target, data: bytes, tally: Tally) -> str | None:
    """What is wrong with how the reader takes this file, or None."""
    peak = peak_megabytes()
    signal.alarm(SECONDS)
    try:
        target.read(data)
        tally.read[target.name] += 1
    except FeatvizError as error:
        tally.refused[target.name] += 1
        if not str(error).strip():
            return "an error without a message"
    except (Exception, RecursionError) as error:  # whatever it is, it is the finding
        return f"{type(error).__name__}: {error}"[:300]
    finally:
        signal.alarm(0)
    grown = peak_megabytes() - peak
    return f"took {grown} MB" if grown > MEGABYTES else None


def peak_megabytes() -> int:
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


def too_slow(_: int, __: FrameType | None) -> None:
    raise TooSlow(f"more than {SECONDS} s")
