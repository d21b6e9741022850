"""Run an experiment: compute the blocks that are missing, assemble them, write the result."""

from __future__ import annotations

import functools
import os
import sys
import time
from pathlib import Path

from tqdm import tqdm

from reproduction import blocks as block_files
from reproduction import experiment as registry
from reproduction import files, folders, pool, provenance
from reproduction.results import Result

__all__ = ["BlockError", "available_cores", "run"]


class BlockError(registry.ExperimentError):
    """A block failed. The blocks finished before are kept."""


def available_cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def run(id: str, scale: str, processes: int | None = None, publish: bool = False, folder=None, progress: bool = True,
        allow_modified: bool = False):
    """Run an experiment at a scale, going on where an earlier run stopped, and write its result.

    Every finished block is stored at once. The result is the same, to the bit, for any number of processes
    and after any interruption, on the same versions, processor and code; when one of these changes, blocks
    are computed anew.

    Parameters
    ----------
    id : str
        The experiment.
    scale : str
        ``"quick"``, ``"paper"`` or ``"full"``.
    processes : int, optional
        How many worker processes; by default one a core.
    publish : bool
        Whether to write the result to the published ones as well; for the scale named by the experiment
        alone.
    folder : path, optional
        Where to keep blocks and the unpublished result; by default :func:`reproduction.folders.runs`.
    progress : bool
        Whether to show a progress bar, with the time left, on standard error.
    allow_modified : bool
        Whether to publish a result of code that no commit holds.

    Returns
    -------
    path : Path
        The result's file, the published one if `publish`.

    Raises
    ------
    ExperimentError
        If there is no such experiment or scale; or if it is to be published, and the scale is not the one to
        publish or the code has been modified since its commit.
    ValueError
        If `processes` is no positive integer.
    BlockError
        If a block fails.
    Busy
        If another process runs the same.
    Unusable
        If `folder` cannot be made, or not be written to.
    """
    module, experiment = registry.find(id)
    config = experiment.config(scale)
    if processes is None:
        processes = available_cores()
    if isinstance(processes, bool) or not isinstance(processes, int) or processes < 1:
        raise ValueError(f"processes must be an integer >= 1, got {processes!r}")
    if publish and scale != experiment.published:
        raise registry.ExperimentError(f"{id} is published at scale {experiment.published}, not {scale}")
    if publish and not allow_modified and provenance.commit()["modified"]:
        raise registry.ExperimentError(f"{id} is not published: the code has been modified since its commit; "
                                       "commit the changes first, or add --allow-modified")
    blocks = experiment.block_list(config)
    environment = provenance.environment(module)
    mark = block_files.fingerprint(id, scale, config, blocks, environment)
    home = Path(folder) if folder is not None else folders.runs()
    store = block_files.Folder(home / id / f"{scale}-{mark[:16]}", mark)
    start = time.perf_counter()
    with store.locked():
        todo = _missing(store, blocks, progress)
        compute = functools.partial(_compute, store, module, id, config)
        bar = tqdm(total=len(blocks), initial=len(blocks) - len(todo), desc=f"{id} ({scale})", unit="block",
                   disable=not progress, mininterval=0.1 if sys.stderr.isatty() else 10.0)
        with bar:
            try:
                for _ in pool.run(compute, todo, min(processes, len(todo))):
                    bar.update()
            except pool.TaskError as error:
                sys.stderr.write(error.trace)
                raise BlockError(f"{id}: block {error.task[1]} failed: {error}") from error
        done = [store.read(i, block) for i, block in enumerate(blocks)]
    lost = [i for i, found in enumerate(done) if found is None]
    if lost:
        raise BlockError(f"{id}: blocks {lost} are damaged on the disk as soon as they are written")
    outputs = [files.decode(output) for output, _ in done]
    seconds = [taken for _, taken in done]
    result = Result(
        id=id, title=experiment.title, scale=scale, config=config,
        data=experiment.assemble(config, blocks, outputs),
        provenance=provenance.record(environment, config["seed"], processes, sum(seconds),
                                     time.perf_counter() - start),
        blocks=blocks, outputs=outputs, seconds=seconds)
    path = home / id / f"{scale}.json"
    result.write(path)
    if publish:
        path = folders.published(id)
        result.write(path)
    return path


def _missing(store: block_files.Folder, blocks: list[dict], progress: bool) -> list[tuple[int, dict]]:
    missing = []
    for i, block in enumerate(blocks):
        if store.read(i, block) is None:
            if progress and store.file(i).exists():
                sys.stderr.write(f"{store.file(i).name} is damaged: its block is computed again\n")
            missing.append((i, block))
    return missing


def _compute(store: block_files.Folder, module: str, id: str, config: dict, task: tuple[int, dict]) -> None:
    index, block = task
    output, seconds = block_files.compute(module, id, config, block)
    store.write(index, block, output, seconds)
