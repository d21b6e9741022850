"""No bad input gives a number: every public function is fed nonsense, and must name the argument it refuses.

The walk over lrdlib finds every public callable. What is new, and not in the registry of calls, fails.
"""

import inspect
import re

import numpy as np
import pytest
from public_calls import CALLS, TRUSTED

import lrdlib


def public(module=lrdlib):
    """Name -> callable for all that `__all__` reaches; public methods go by the class that defines them."""
    found = {}
    for name in module.__all__:
        it = getattr(module, name)
        if inspect.ismodule(it):
            found |= public(it)
        elif callable(it):
            found[name] = it
            for _, method in inspect.getmembers(it, inspect.isroutine) if inspect.isclass(it) else ():
                named = getattr(method, "__name__", "_")
                own = str(getattr(method, "__module__", "")).startswith("lrdlib")
                if own and (named == "__call__" or not named.startswith("_")):
                    found[method.__qualname__] = method
    return found


PUBLIC = public()


def names(callable_):
    parameters = [p for p in inspect.signature(callable_).parameters.values() if p.name != "self"]
    return {p.name: p for p in parameters}


def test_the_walk_finds_what_is_there():
    assert {"bptt", "LatchNeuron", "Network.run", "Problem.draw", "survival", "Latch", "Task.sample"} <= set(
        PUBLIC
    )


def test_every_public_callable_has_a_valid_call():
    assert set(PUBLIC) - TRUSTED == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_the_valid_call_names_every_argument_and_is_valid(name):
    call, arguments = CALLS[name]
    if name not in ("Network.pack", "Network.select"):  # **blocks; and a network that has nothing to select
        assert set(names(PUBLIC[name])) == set(arguments)
    if name != "Network.select":
        call(**{key: argument.value for key, argument in arguments.items()})


def brief(it):
    return (
        f"{type(it).__name__} of shape {it.shape}"
        if isinstance(it, np.ndarray) and it.ndim
        else repr(it)[:200]
    )


def accepts_none(name, key):
    parameter = names(PUBLIC[name]).get(key)
    return parameter is not None and parameter.default is None and key != "prototypes"


@pytest.mark.parametrize(
    "name, key", [(name, key) for name, (_, arguments) in CALLS.items() for key in arguments]
)
def test_nonsense_is_refused_by_name(name, key):
    call, arguments = CALLS[name]
    given = {other: argument.value for other, argument in arguments.items()}
    for nonsense in arguments[key].nonsense:
        if nonsense is None and accepts_none(name, key):
            continue
        try:
            got = call(**{**given, key: nonsense})
        except (TypeError, ValueError) as error:
            assert re.search(rf"\b{key}\b", str(error)), f"{brief(nonsense)}: {error} does not name {key}"
            assert "unexpected keyword" not in str(error)
        else:
            pytest.fail(f"{key} = {brief(nonsense)} gave {brief(got)}")
