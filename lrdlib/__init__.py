"""Small recurrent networks, their gradients, and the learners that train them, many runs at a time.

The library under the executable companion to Bengio, Simard & Frasconi, "Learning Long-Term
Dependencies with Gradient Descent is Difficult" (1994), here TNN94. It needs numpy alone.

- :mod:`lrdlib.networks`: dynamical systems with parameters (R, P), R runs at a time;
- :mod:`lrdlib.tasks`: latch, two-sequence, parity;
- :mod:`lrdlib.gradients`: four ways to dC/dtheta, Jacobian products, the share of each lag;
- :mod:`lrdlib.dynamics`: one neuron's critical input and the survival of its bit; for any map, attractors, basins, robust
  latching, the input that is borne, and the paper's theorems as checks;
- :mod:`lrdlib.learners`: what changes parameters, on one `Problem`, one `Budget`, one `History`:
  gradients rescaled or not, searches without a gradient, discrete errors, EM, guessing.
"""

from importlib import metadata as _metadata

from lrdlib import dynamics, gradients, learners, networks, tasks

try:
    __version__ = _metadata.version("lrdlib")
except _metadata.PackageNotFoundError:  # used from a folder, not installed
    __version__ = "0+unknown"

__all__ = ["dynamics", "gradients", "learners", "networks", "tasks"]
