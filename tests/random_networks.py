"""Random networks and batches for them, as hypothesis strategies; and plain forward runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from lrdlib.batch import Batch
from lrdlib.networks import LatchNeuron, LocalFeedback, Network, Recurrent, TimeDelay

FAMILIES = ("latch", "recurrent", "local", "delay")


@dataclass(frozen=True)
class Case:
    """A network, parameters for its runs, a batch, and the generator to draw more from."""

    network: Network
    theta: np.ndarray
    batch: Batch
    rng: np.random.Generator


@st.composite
def networks(draw, families=FAMILIES, runs=3):
    """One network; where it holds weights for each run, for this many runs."""
    family = draw(st.sampled_from(families))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if family == "latch":
        frozen = draw(st.sampled_from(["trained", "common", "each"]))
        w = {"trained": None, "common": 1.25, "each": rng.uniform(0.5, 1.5, runs)}[frozen]
        return LatchNeuron(draw(st.integers(1, 3)), draw(st.integers(1, 3)), w)
    n, inputs = draw(st.integers(1, 4)), draw(st.integers(1, 2))
    units = st.builds(lambda order, k: order[:k], st.permutations(range(n)), st.integers(0, n))
    if family == "recurrent":
        pairs = [(i, j) for i in range(n) for j in range(i)]
        return Recurrent(
            n, inputs, draw(st.sampled_from(["tanh", "logistic"])),
            input_to=draw(st.none() | units.filter(len)), train_input=draw(st.booleans()),
            output=draw(st.none() | st.integers(0, n - 1)), bias=draw(st.booleans() | units),
            same_step=draw(st.sets(st.sampled_from(pairs))) if pairs else ())
    outer, inner = (draw(st.sampled_from(["tanh", "logistic", "linear"])) for _ in range(2))
    if family == "local":
        return LocalFeedback(n, inputs, inner, outer)
    return TimeDelay(draw(st.integers(1, 4)), n, inputs, inner, outer)


@st.composite
def cases(draw, families=FAMILIES):
    """Parts shared by the runs or not, lengths fixed or varied, targets at the last step or at all."""
    R, B, T = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(3, 8))
    network = draw(networks(families, R))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def runs():
        return draw(st.sampled_from([1, R]))

    inputs = rng.uniform(-1, 1, (runs(), B, T, network.n_inputs))
    varied = draw(st.booleans())
    lengths = rng.integers(1, T + 1, (runs(), B)) if varied else np.full((1, B), T)
    targets = rng.uniform(-0.8, 0.8, (runs(), B, T) if draw(st.booleans()) else (runs(), B))
    groups = None
    if isinstance(network, LatchNeuron):
        groups = rng.integers(0, network.n_groups, (runs(), B))
    return Case(network, network.initial(R, rng), Batch(inputs, lengths, targets, groups), rng)


def _f(name, a):
    return {"tanh": math.tanh, "logistic": lambda a: 1 / (1 + math.exp(-a)), "linear": float}[name](a)


def plain_outputs(network, theta, inputs, group=0, x0=None):
    """Outputs of one run on one sequence (T, I), unit by unit in plain Python, from the equations."""
    x = [0.0] * network.n_state if x0 is None else list(x0)
    p = {name: block[0] for name, block in network.views(np.array([theta])).items()}
    out = []
    for t, u in enumerate(inputs, 1):
        if isinstance(network, LatchNeuron):
            w = p["w"] if network.w is None else network.w[0]
            x = [math.tanh(w * x[0] + (p["h"][group, t - 1] if t <= network.L else u[0]))]
            out.append(x[0])
        elif isinstance(network, Recurrent):
            new = []
            for i in range(network.n_state):
                a = sum(p["W"][i, j] * (new[j] if network.same_step[i, j] else x[j]) for j in range(len(x)))
                if i in network.input_to:
                    U = p["U"][network.input_to.index(i)] if network.train_input else np.ones(len(u))
                    a += sum(U * u)
                if i in network.biased:
                    a += p["b"][network.biased.index(i)]
                new.append(_f(network.activation, a))
            x = new
            out.append(x[network.output])
        elif isinstance(network, LocalFeedback):
            a = p["w"] * x + p["U"] @ u + p["b"]
            x = [_f(network.activation, a_i) for a_i in a]
            out.append(_f(network.output, sum(p["v"] * x) + p["c"]))
        else:
            x = list(u) + x[: network.n_state - network.n_inputs]
            y = [_f(network.activation, a_i) for a_i in p["U"] @ x + p["b"]]
            out.append(_f(network.output, sum(p["v"] * y) + p["c"]))
    return np.array(out)
