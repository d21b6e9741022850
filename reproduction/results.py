"""A result: configuration, data, the outputs of every block, and where it comes from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reproduction import experiment, files, folders

__all__ = ["MissingResult", "Result", "ResultError", "current", "load", "read"]

FORMAT = 1
KINDS = {"id": str, "title": str, "scale": str, "config": dict, "data": dict, "provenance": dict, "blocks": list,
         "outputs": list, "seconds": list}


class ResultError(Exception):
    """A result file cannot be read as a result."""


class MissingResult(ResultError):
    """No result of this experiment has been published."""


@dataclass(frozen=True)
class Result:
    """The outcome of one experiment at one scale.

    Attributes
    ----------
    id, scale : str
        The experiment, and the scale at which it ran.
    title : str
        The experiment's title when it ran: for readers, and compared with nothing.
    config : dict
        The configuration of that scale.
    data : dict
        What the experiment's `assemble` made: numpy arrays and plain values, by name.
    provenance : dict
        Versions, machine, seed, date, seconds, number of processes, commit.
    blocks : list of dict
        The blocks, in order.
    outputs : list of dict
        The outputs of each block.
    seconds : list of float
        What each block took.
    """

    id: str
    title: str
    scale: str
    config: dict
    data: dict[str, Any]
    provenance: dict
    blocks: list[dict]
    outputs: list[dict]
    seconds: list[float]

    def write(self, path) -> None:
        """Write to a file, atomically."""
        content = {"format": FORMAT, "id": self.id, "title": self.title, "scale": self.scale,
                   "config": self.config, "provenance": self.provenance,
                   "data": files.encode(self.data, "data"), "blocks": self.blocks,
                   "outputs": files.encode(self.outputs, "outputs"), "seconds": self.seconds}
        files.write(path, files.dumps(content) + "\n")


def read(path) -> Result:
    """The result in a file.

    Raises
    ------
    MissingResult
        If there is no such file.
    ResultError
        If it holds no result, or one of another format.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingResult(f"there is no result {path.name}") from None
    except OSError as error:
        raise ResultError(f"{path.name} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ResultError(f"{path.name} is not JSON: {error}") from error
    try:
        if content["format"] != FORMAT:
            raise ResultError(f"{path.name} has format {content['format']!r}, this version reads {FORMAT}")
        result = Result(
            id=content["id"], title=content["title"], scale=content["scale"], config=content["config"],
            data=files.decode(content["data"]), provenance=content["provenance"], blocks=content["blocks"],
            outputs=files.decode(content["outputs"]), seconds=content["seconds"])
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ResultError(f"{path.name} is no result: {type(error).__name__}: {error}") from error
    for name, kind in KINDS.items():
        if not isinstance(getattr(result, name), kind):
            raise ResultError(f"{path.name} is no result: {name} must be a {kind.__name__}, "
                              f"got {getattr(result, name)!r:.40}")
    if not all(isinstance(entry, dict) for entry in [*result.blocks, *result.outputs]):
        raise ResultError(f"{path.name} is no result: blocks and outputs must be lists of dicts")
    if not all(type(taken) in (int, float) and 0 <= taken < float("inf") for taken in result.seconds):
        raise ResultError(f"{path.name} is no result: seconds must be a list of numbers >= 0")
    if not len(result.blocks) == len(result.outputs) == len(result.seconds):
        raise ResultError(f"{path.name} has {len(result.blocks)} blocks, but {len(result.outputs)} outputs")
    return result


def load(id: str) -> Result:
    """The published result of an experiment.

    Parameters
    ----------
    id : str
        The experiment, for instance ``"latch-density"``.

    Raises
    ------
    TypeError
        If `id` is not a string.
    MissingResult
        If none has been published.
    ResultError
        If the file cannot be read as a result.
    """
    if not isinstance(id, str):
        raise TypeError(f"id must be the name of an experiment, got {id!r}")
    known = sorted(path.stem for path in folders.results().glob("*.json"))
    if id not in known:  # which no path is
        raise MissingResult(f"no result of {id!r} has been published; published are: {', '.join(known) or 'none'}")
    return read(folders.published(id))


def current(id: str) -> Result:
    """The published result of an experiment, if it is a result of what the experiment defines now.

    Parameters
    ----------
    id : str
        The experiment.

    Raises
    ------
    MissingResult
        If none has been published.
    ResultError
        If the file cannot be read as a result, or its id, scale, configuration or blocks are not those of the
        experiment.
    ExperimentError
        If there is no such experiment.
    """
    result = load(id)
    _, defined = experiment.find(id)
    name, config = folders.published(id).name, defined.config(defined.published)
    if result.id != id:
        raise ResultError(f"{name} is a result of {result.id!r}")
    if result.scale != defined.published:
        raise ResultError(f"{name} was made at scale {result.scale}, and is published at {defined.published}")
    if result.config != config:
        raise ResultError(f"{name} was made with another configuration than scale {result.scale} has now")
    if result.blocks != defined.block_list(config):
        raise ResultError(f"the blocks of {name} are not those of the experiment")
    return result
