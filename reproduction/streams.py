"""Random streams with a name: the same key gives the same numbers, in whatever order and process they are
drawn."""

from __future__ import annotations

import hashlib

import numpy as np

__all__ = ["generator"]


def generator(seed: int, *key: int | str) -> np.random.Generator:
    """The generator of the stream called `key`.

    Every random stream of an experiment declares its key: for instance the repetition, for noise that all
    cells share, or the cell and the repetition. No stream depends on which others were drawn before it, so
    any block of an experiment can be computed by itself.

    Parameters
    ----------
    seed : int
        The experiment's seed, >= 0.
    *key : int or str
        The stream's name. ``1`` and ``"1"`` are different names.

    Returns
    -------
    numpy.random.Generator
        PCG64, seeded through a SeedSequence with the seed and a SHA-256 of the key.

    Raises
    ------
    TypeError
        If the seed is not an integer, or a part of the key neither integer nor string.
    ValueError
        If the seed is negative.

    Examples
    --------
    >>> generator(1994, "noise", 3).integers(100) == generator(1994, "noise", 3).integers(100)
    True
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"seed must be an integer, got {seed!r}")
    if seed < 0:
        raise ValueError(f"seed must be >= 0, got {seed}")
    digest = hashlib.sha256()
    for part in key:
        if isinstance(part, str):
            text = f"s{len(part.encode())}:{part};"
        elif isinstance(part, (int, np.integer)) and not isinstance(part, bool):
            text = f"i{int(part)};"
        else:
            raise TypeError(f"a stream's key is made of integers and strings, got {part!r} in {key!r}")
        digest.update(text.encode())
    words = np.frombuffer(digest.digest(), dtype="<u4").tolist()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([int(seed), *words])))
