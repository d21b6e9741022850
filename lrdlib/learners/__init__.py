"""What changes parameters: one `Problem`, one `Budget`, one `History`, and learners on them."""

from lrdlib.learners.descent import GradientDescent
from lrdlib.learners.problem import Budget, History, Problem

__all__ = ["Budget", "GradientDescent", "History", "Problem"]
