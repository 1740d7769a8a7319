"""Mutants for the page's readers: node reads a stream of them and says what became of each."""

import json
import struct
import subprocess
from pathlib import Path
from random import Random

from tests.fuzz.mutate import mutant
from tests.fuzz.run import Failure, Tally
from tests.fuzz.targets import Target

PROGRAM = Path(__file__).with_name("page.mjs")
PAGE = "page, "
"""Begins the names of targets that node reads."""
BATCH = 5_000
SECONDS = 300


def fuzz_page(site: Path, targets: list[Target], inputs: int, seed: int) -> Tally:
    """So many mutants of a bundle's files, each in the place of the whole file."""
    tally, rng = Tally(), Random(seed)
    wholes = [(target.name, target.seeds[0]) for target in targets]
    assert set(outcomes(site, wholes)) == {"read"}, outcomes(site, wholes)
    for first in range(0, inputs, BATCH):
        batch = []
        for number in range(first, min(first + BATCH, inputs)):
            target = targets[number % len(targets)]
            batch.append((target.name, mutant(rng.choice(target.seeds), target.seeds, rng)))
        for (name, data), outcome in zip(batch, outcomes(site, batch), strict=True):
            if outcome == "read":
                tally.read[name] += 1
            elif outcome == "refused":
                tally.refused[name] += 1
            else:
                tally.failures.append(Failure(PAGE + name, data, outcome))
    return tally


def outcomes(site: Path, batch: list[tuple[str, bytes]]) -> list[str]:
    """``read``, ``refused``, or what went wrong, of each file."""
    stream = b"".join(struct.pack("<II", len(name.encode()), len(data)) + name.encode() + data for name, data in batch)
    command = ["node", str(PROGRAM), str(site)]
    node = subprocess.run(command, input=stream, capture_output=True, timeout=SECONDS, check=True)
    found: list[str] = json.loads(node.stdout)
    return found
