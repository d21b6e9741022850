"""What changes parameters: one `Problem`, one `Budget`, one `History`, and learners on them."""

from lrdlib.learners.annealing import Annealed, SimulatedAnnealing
from lrdlib.learners.budget import Budget
from lrdlib.learners.descent import GradientDescent
from lrdlib.learners.discrete import DiscreteErrors, DiscretePropagation, discrete_errors
from lrdlib.learners.em import Expectation, ExpectationMaximisation, expectation, likelihood_gradient
from lrdlib.learners.guessing import RandomGuessing
from lrdlib.learners.history import History, LearningStopped
from lrdlib.learners.learner import Learner, Step
from lrdlib.learners.multigrid import MultiGridSearch
from lrdlib.learners.newton import PseudoNewton, TimeWeightedPseudoNewton
from lrdlib.learners.problem import Problem

__all__ = [
    "Annealed", "Budget", "DiscreteErrors", "DiscretePropagation", "Expectation", "ExpectationMaximisation",
    "GradientDescent", "History", "Learner", "LearningStopped", "MultiGridSearch", "Problem", "PseudoNewton",
    "RandomGuessing", "SimulatedAnnealing", "Step", "TimeWeightedPseudoNewton", "discrete_errors",
    "expectation", "likelihood_gradient",
]
