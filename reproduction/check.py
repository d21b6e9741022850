"""Check published results: recompute a sample of their blocks, and compare.

With the versions, the processor and the code of the provenance, every number must be the same to the bit.
That holds for whole blocks, computed as the runner computes them. Elsewhere the order of sums may differ by a
bit, and training at a large initial weight and much noise is chaotic: a cell trained by itself, or from
parameters one bit away, can end otherwise, while the share of runs that converge stands. So there counts of
successes are compared by Fisher's exact test, all other numbers within the tolerance that the experiment
states.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reproduction import blocks as block_files
from reproduction import experiment as registry
from reproduction import files, folders, pool, provenance, results, streams
from reproduction.compare import Bound, differences

__all__ = ["Report", "check", "check_all"]

# What the parts of an environment are called in a report.
PARTS = {"machine": "processor"}


@dataclass(frozen=True)
class Report:
    """What the check of one published result found.

    Attributes
    ----------
    id : str
        The experiment.
    checked, total : int
        How many blocks were recomputed, and how many there are.
    changed : tuple of str
        Which of versions, processor and code are not those of the provenance; if none, equal bits are
        demanded.
    identical : bool
        Whether all that was recomputed is the same to the bit.
    problems : tuple of str
        What differs by more than it may; empty if the result stands.
    seconds : float
        What the check took.
    """

    id: str
    checked: int
    total: int
    changed: tuple[str, ...]
    identical: bool
    problems: tuple[str, ...]
    seconds: float

    @property
    def warning(self) -> str:
        """What deserves a look, although the result stands; empty if nothing does."""
        if self.problems or self.identical or self.changed != ("code",):
            return ""
        return "WARNING: versions and processor are the same, so it is the change of the code that moves the numbers"

    def __str__(self) -> str:
        other = f" (other {', '.join(self.changed)})" if self.changed else ""
        if self.problems:
            agreement = f"DIFFERS{other}: " + "; ".join(self.problems[:3])
            more = len(self.problems) - 3
            agreement += f"; and {more} more" if more > 0 else ""
        elif self.identical:
            agreement = f"identical to the bit{other}"
        else:
            agreement = f"within the stated bounds, not identical{other}"
        agreement += f". {self.warning}" if self.warning else ""
        return f"{self.id}: {self.checked} of {self.total} blocks checked in {self.seconds:.1f} s, {agreement}"


def check_all(ids: Sequence[str] = (), seed: int = 0, seconds: float = 20.0):
    """Check the published results named, or all; yields a :class:`Report` for each.

    Parameters
    ----------
    ids : sequence of str
        The experiments; none means all that are published.
    seed : int
        Which blocks are sampled.
    seconds : float
        The time for each result. At least one block is recomputed.
    """
    for id in ids or sorted(path.stem for path in folders.results().glob("*.json")):
        yield check(id, seed, seconds)


def check(id: str, seed: int = 0, seconds: float = 20.0) -> Report:
    """Check one published result; parameters as in :func:`check_all`.

    Raises
    ------
    MissingResult
        If it is not published.
    """
    start = time.perf_counter()

    def report(problems, checked=0, total=0, changed=(), identical=False):
        lines = tuple(" ".join(problem.split()) for problem in problems)
        return Report(id, checked, total, tuple(changed), identical, lines, time.perf_counter() - start)

    try:
        result = results.current(id)
        module, experiment = registry.find(id)
    except results.MissingResult:
        raise
    except (results.ResultError, registry.ExperimentError) as error:
        return report([str(error)])
    config, total = result.config, len(result.blocks)
    here = provenance.environment(module)
    changed = [PARTS.get(part, part) for part in here if result.provenance.get(part) != here[part]]
    # Bits must be equal where nothing has changed; elsewhere numbers must be within the bounds.
    bound = Bound(experiment.counts, experiment.tolerance, config, total) if changed else None
    # Nothing random is left in assembling: even elsewhere, whole numbers must be the same.
    rounding = Bound({}, {}, config, total) if changed else None
    stored = {name: value for name, value in result.data.items() if name not in experiment.volatile}
    try:
        data = files.decode(files.encode(experiment.assemble(config, result.blocks, result.outputs)))
    except Exception as error:  # noqa: BLE001 - damaged outputs can make it raise anything
        problems, identical = [f"its outputs cannot be assembled: {type(error).__name__}: {error}"], False
    else:
        again = {name: value for name, value in data.items() if name not in experiment.volatile}
        problems = [f"data.{text} when assembled again" for text in differences(stored, again, rounding)]
        identical = not differences(stored, again)

    checked = 0
    compute = functools.partial(_compute, module, id, config)
    for index, output in _sampled(compute, result, seed, start + seconds):
        checked += 1
        block = result.blocks[index]
        old = {name: value for name, value in result.outputs[index].items() if name not in experiment.volatile}
        new = {name: value for name, value in output.items() if name not in experiment.volatile}
        if differences(old, new):
            identical = False
            problems += [f"block {block}: {text}" for text in differences(old, new, bound, block)]
    return report(problems, checked, total, changed, identical)


def _sampled(compute, result: results.Result, seed: int, end: float):
    """Recompute blocks in a random order while the time lasts, at least one; yields index and outputs.

    How fast this machine is, the first block shows: it is among the shortest, or the shortest of all. After
    it, what would take longer than the time left is passed over.
    """
    recorded = np.array(result.seconds)
    left = end - time.perf_counter()
    order = streams.generator(seed, "check", result.id).permutation(len(recorded))
    first = order[recorded[order] <= max(left / 10, recorded.min())][0]
    rest = order[(recorded[order] <= left / 3) & (order != first)]
    here = there = 0.0  # seconds that the blocks recomputed so far took on this machine and on the result's

    def tasks():
        yield int(first), result.blocks[first]
        for index in rest.tolist():
            expected = recorded[index] * (here / there if there else 1.0)
            if time.perf_counter() + expected <= end:
                yield index, result.blocks[index]

    try:
        for (index, _), (output, seconds) in pool.run(compute, tasks(), 1):
            here, there = here + seconds, there + recorded[index]
            yield index, files.decode(output)
    except pool.TaskError as error:
        raise registry.ExperimentError(f"{result.id}: block {error.task[1]} failed: {error}") from error


def _compute(module: str, id: str, config: dict, task: tuple[int, dict]):
    return block_files.compute(module, id, config, task[1])
