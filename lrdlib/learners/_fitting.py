"""Whether a task and a network fit each other."""

from __future__ import annotations

from lrdlib import _validate as check
from lrdlib.tasks import Task

__all__ = ["fitting"]


def fitting(name, task, network):
    """A task that says its sizes, and that they are the network's."""
    check.instance(name, task, Task, "a lrdlib.tasks.Task")
    for size in ("T", "n_inputs"):
        check.count(f"{name}.{size}", getattr(task, size, None))
    if network is not None and network.n_inputs != task.n_inputs:
        raise ValueError(f"network must have {task.n_inputs} inputs for {name}, got {network.n_inputs}")
    L, own = getattr(task, "L", None), getattr(network, "L", None)  # the last step with free inputs
    if L is not None and own is not None and L != own:
        raise ValueError(f"network must have L = {L} for {name}, got L = {own}")
    return task
