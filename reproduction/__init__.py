"""The experiments of TNN94 on lrdlib: their definitions, the runner, the published results and the claims.

``python -m reproduction --help`` runs them; :func:`load` reads a published result::

    >>> import reproduction
    >>> result = reproduction.load("latch-density")           # doctest: +SKIP
    >>> result.data["converged"].shape                        # doctest: +SKIP
"""

from reproduction.experiment import Experiment
from reproduction.results import MissingResult, Result, load

__all__ = ["Experiment", "MissingResult", "Result", "load"]
