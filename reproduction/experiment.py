"""What an experiment is, and the registry that finds them.

An experiment is a grid of cells times repetitions, cut into blocks that the experiment itself fixes. A block
is computed by a pure function of the configuration and the block, with random streams named in
:mod:`reproduction.streams`: so any block can be computed by itself, in any order and process, and compared
with the published one.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

__all__ = ["SCALES", "Experiment", "ExperimentError", "experiments", "find"]

SCALES = ("quick", "paper", "full")


class ExperimentError(Exception):
    """An experiment is unknown, ill defined, cannot be imported, or failed in a block."""


@dataclass(frozen=True)
class Experiment:
    """One experiment of the book.

    Attributes
    ----------
    id : str
        Lower-case words joined by hyphens; the published result is ``reproduction/results/<id>.json``.
    title : str
        One line.
    scales : mapping of str to dict
        The configuration of each scale, ``"quick"`` (seconds), ``"paper"``, ``"full"``; at least one of them.
        Plain JSON values; ``"seed"``, an integer, is compulsory.
    blocks : callable (config) -> list of dict
        The blocks, plain JSON values, at most some ten seconds each: what is lost at an interruption, and
        what a check recomputes. They depend on the configuration alone.
    compute : callable (config, block) -> dict
        The outputs of one block: numpy arrays (boolean, integer, real) and plain values, by name. A pure
        function of its arguments.
    assemble : callable (config, blocks, outputs) -> dict
        The result's data, from the list of blocks and the list of their outputs, in order. A pure function
        too.
    published : str
        The scale whose result is published.
    counts : mapping of str to (int or str)
        For each output that counts successes, how many trials each entry counts: a number, or the name of the
        entry of the block, the configuration or the outputs that holds it. On another machine these are
        compared by an exact test.
    tolerance : mapping of str to float
        For outputs that are not counts: how far an entry may lie, on another machine, from the published one,
        relative to the largest entry of the array. Default: 1e-6 for real numbers, 0 for integers.
    volatile : sequence of str
        Outputs that measure the machine, such as seconds. They are never compared, and what `assemble` makes
        of them must stand in data under the same names.

    Raises
    ------
    ValueError
        If a field is not as described.

    Examples
    --------
    A coin thrown 100 times in each of 4 blocks::

        def blocks(config):
            return [{"repetition": r} for r in range(4)]

        def compute(config, block):
            rng = generator(config["seed"], "coin", block["repetition"])
            return {"heads": rng.integers(2, size=config["throws"]).sum()}

        def assemble(config, blocks, outputs):
            return {"heads": np.array([output["heads"] for output in outputs])}

        EXPERIMENT = Experiment(
            id="coin", title="Is the coin fair?", scales={"quick": {"seed": 1, "throws": 100}},
            blocks=blocks, compute=compute, assemble=assemble, published="quick", counts={"heads": "throws"})
    """

    id: str
    title: str
    scales: Mapping[str, dict]
    blocks: Callable[[dict], list[dict]]
    compute: Callable[[dict, dict], dict[str, Any]]
    assemble: Callable[[dict, list[dict], list[dict]], dict[str, Any]]
    published: str = "full"
    counts: Mapping[str, int | str] = field(default_factory=lambda: MappingProxyType({}))
    tolerance: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    volatile: Sequence[str] = ()

    def __post_init__(self):
        if not isinstance(self.id, str) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.id):
            raise ValueError(f"id must be lower-case words joined by hyphens, got {self.id!r}")
        if not isinstance(self.title, str) or not self.title.strip() or "\n" in self.title:
            raise ValueError(f"title of {self.id} must be one line of text, got {self.title!r}")
        if not self.scales or set(self.scales) - set(SCALES):
            raise ValueError(f"scales of {self.id} must be some of {', '.join(SCALES)}, got {list(self.scales)}")
        for scale, config in self.scales.items():
            seed = config.get("seed")
            if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
                raise ValueError(f"scale {scale} of {self.id} needs a seed, an integer >= 0, got {seed!r}")
            if not _is_json(config):
                raise ValueError(f"scale {scale} of {self.id} must hold plain JSON values only (no tuples, no arrays)")
        if self.published not in self.scales:
            raise ValueError(f"published of {self.id} must be one of {list(self.scales)}, got {self.published!r}")

    def config(self, scale: str) -> dict:
        """A copy of the configuration of a scale.

        Raises
        ------
        ExperimentError
            If the experiment has no such scale.
        """
        if scale not in self.scales:
            raise ExperimentError(f"{self.id} has no scale {scale!r}; it has {', '.join(self.scales)}")
        return json.loads(json.dumps(self.scales[scale]))

    def here(self, scale: str) -> dict:
        """The data of a scale, computed here and now in this process; nothing is stored.

        Raises
        ------
        ExperimentError
            As `config` and `block_list`.
        """
        config = self.config(scale)
        blocks = self.block_list(config)
        return self.assemble(config, blocks, [self.compute(config, block) for block in blocks])

    def block_list(self, config: dict) -> list[dict]:
        """The blocks of a configuration, checked: at least one, no two alike, plain JSON values.

        Raises
        ------
        ExperimentError
            If they are not.
        """
        blocks = list(self.blocks(config))
        if not blocks or not all(isinstance(block, dict) and _is_json(block) for block in blocks):
            raise ExperimentError(f"blocks of {self.id} must be a non-empty list of dicts of plain JSON values")
        if len({json.dumps(block, sort_keys=True) for block in blocks}) < len(blocks):
            raise ExperimentError(f"two blocks of {self.id} are the same")
        return blocks


def package() -> str:
    """The package whose modules are the experiments; the environment variable REPRODUCTION_EXPERIMENTS names
    another."""
    return os.environ.get("REPRODUCTION_EXPERIMENTS", "reproduction.experiments")


def module_names() -> list[str]:
    """The full names of the modules that define experiments, in alphabetical order."""
    parent = importlib.import_module(package())
    found = (info.name for info in pkgutil.iter_modules(parent.__path__) if not info.name.startswith("_"))
    return [f"{parent.__name__}.{name}" for name in sorted(found)]


def of_module(name: str) -> dict[str, Experiment]:
    """The experiments that one module defines, by id.

    Raises
    ------
    ExperimentError
        If the module cannot be imported, or defines no experiment.
    """
    try:
        module = importlib.import_module(name)
    except Exception as error:
        raise ExperimentError(f"{name} cannot be imported: {type(error).__name__}: {error}") from error
    found = getattr(module, "EXPERIMENTS", None) or [getattr(module, "EXPERIMENT", None)]
    if not all(isinstance(experiment, Experiment) for experiment in found):
        raise ExperimentError(f"{name} must define EXPERIMENT, an Experiment, or EXPERIMENTS, a list of them")
    return {experiment.id: experiment for experiment in found}


def experiments() -> dict[str, Experiment]:
    """All experiments, by id.

    Raises
    ------
    ExperimentError
        If a module cannot be imported or defines none, or two experiments have the same id.
    """
    found: dict[str, Experiment] = {}
    for name in module_names():
        for id, experiment in of_module(name).items():
            if id in found:
                raise ExperimentError(f"two experiments have the id {id!r}; one of them is in {name}")
            found[id] = experiment
    return dict(sorted(found.items()))


def find(id: str) -> tuple[str, Experiment]:
    """The module that defines an experiment, and the experiment.

    A module that cannot be imported is no obstacle to the experiments of the others.

    Raises
    ------
    ExperimentError
        If there is no such experiment.
    """
    known, failures = [], []
    for name in module_names():
        try:
            defined = of_module(name)
        except ExperimentError as error:
            failures.append(str(error))
            continue
        if id in defined:
            return name, defined[id]
        known.extend(defined)
    reasons = "".join(f"; {failure}" for failure in failures)
    raise ExperimentError(f"no experiment {id!r}; there are: {', '.join(sorted(known)) or 'none'}{reasons}")


def _is_json(value) -> bool:
    try:
        return json.loads(json.dumps(value, allow_nan=False)) == value
    except (TypeError, ValueError):
        return False
