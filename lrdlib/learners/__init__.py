"""What changes parameters: one `Problem`, one `Budget`, one `History`, and learners on them."""

from lrdlib.learners.budget import Budget
from lrdlib.learners.descent import GradientDescent
from lrdlib.learners.history import History, LearningStopped
from lrdlib.learners.learner import Learner, Step
from lrdlib.learners.problem import Problem

__all__ = ["Budget", "GradientDescent", "History", "Learner", "LearningStopped", "Problem", "Step"]
