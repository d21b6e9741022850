"""One descent step of many latch neurons, and of one neuron at a time."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.timing import Contender, race, table
from lrdlib import gradients
from lrdlib.batch import Batch
from lrdlib.networks import LatchNeuron
from lrdlib.tasks import Latch

RATE, L, T, B = 0.1, 3, 20, 18
BLOCK = 800  # neurons in one array: some 10^4 numbers a step, which stay near the processor


def ensemble(theta, batches, epochs):
    """lrdlib: all neurons at once, block by block."""
    network, theta = LatchNeuron(L), theta.copy()
    for start, batch in zip(range(0, len(theta), BLOCK), batches):
        block = theta[start : start + BLOCK]
        for _ in range(epochs):
            block -= RATE * gradients.bptt(network, block, batch).gradient
    return theta


def with_numpy(w, h, u, groups, d, epochs):
    """One neuron; its sequences are one array (steps, sequences)."""
    members = [groups == g for g in (0, 1)]
    for _ in range(epochs):
        x = np.zeros((T + 1, B))
        for t in range(1, T + 1):
            x[t] = np.tanh(w * x[t - 1] + (h[groups, t - 1] if t <= L else u[t - 1]))
        delta, dw, dh = x[T] - d, 0.0, np.zeros_like(h)
        for t in range(T, 0, -1):
            da = (1 - x[t] ** 2) * delta
            dw += (da * x[t - 1]).sum()
            if t <= L:
                for g in (0, 1):
                    dh[g, t - 1] = da[members[g]].sum()
            delta = w * da
        w, h = w - RATE * dw, h - RATE * dh
    return w, h


def with_python(w, h, u, groups, d, epochs):
    """One neuron, one sequence, one number at a time."""
    for _ in range(epochs):
        dw, dh = 0.0, [[0.0] * L, [0.0] * L]
        for p in range(B):
            x, free, noise = [0.0], h[groups[p]], u[p]
            for t in range(1, T + 1):
                x.append(math.tanh(w * x[-1] + (free[t - 1] if t <= L else noise[t - 1])))
            delta = x[T] - d[p]
            for t in range(T, 0, -1):
                da = (1 - x[t] * x[t]) * delta
                dw += da * x[t - 1]
                if t <= L:
                    dh[groups[p]][t - 1] += da
                delta = w * da
        w -= RATE * dw
        h = [[h[g][t] - RATE * dh[g][t] for t in range(L)] for g in (0, 1)]
    return w, h


def run(neurons=7200, epochs=20, loop=6, turns=7):
    """Race, and return the table as text."""
    rng = np.random.default_rng(0)
    network = LatchNeuron(L)
    noise = np.repeat(np.linspace(0, 1, 20), -(-neurons // 20))[:neurons]
    whole = Latch(T, L, noise=noise).sample(rng, B, neurons, common=True)
    theta = network.initial(neurons, rng, 0.1)
    network.views(theta)["w"][:] = rng.uniform(0.5, 2, neurons)
    batches = [whole.select(np.arange(a, min(a + BLOCK, neurons))) for a in range(0, neurons, BLOCK)]
    groups, d, some = whole.groups[0], whole.targets[0], np.arange(min(loop, neurons))

    def arguments(r):
        named = network.views(theta[[r]])
        return float(named["w"][0]), named["h"][0].copy(), whole.inputs[r, :, :, 0]

    def numpy_loop():
        return [with_numpy(w, h, np.ascontiguousarray(u.T), groups, d, epochs)
                for w, h, u in map(arguments, some)]

    def python_loop():
        return [with_python(w, h.tolist(), u.tolist(), groups.tolist(), d.tolist(), epochs)
                for w, h, u in map(arguments, some)]

    single = theta.astype(np.float32)
    single_batches = [Batch(batch.inputs.astype(np.float32), batch.lengths, batch.targets, batch.groups)
                      for batch in batches]

    def in_float32():
        return ensemble(single, single_batches, epochs)

    ones = [whole.select([r]) for r in some]

    def one_by_one():
        return np.concatenate([ensemble(theta[[r]], [one], epochs) for r, one in zip(some, ones)])

    truth = ensemble(theta, batches, epochs)[some]
    for other in (numpy_loop(), python_loop()):
        flat = np.array([np.hstack([w, np.ravel(h)]) for w, h in other])
        np.testing.assert_allclose(flat, truth, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(one_by_one(), truth, rtol=1e-9, atol=1e-12)
    assert np.abs(in_float32()[some] - truth).max() < 1e-2  # good for sweeps, not for gradient analysis
    contenders = [Contender("lrdlib, all neurons", lambda: ensemble(theta, batches, epochs),
                            neurons * epochs),
                  Contender("lrdlib, all neurons, float32", in_float32, neurons * epochs),
                  Contender("loop over neurons, numpy", numpy_loop, len(some) * epochs),
                  Contender("loop over neurons, plain Python", python_loop, len(some) * epochs),
                  Contender("lrdlib, one neuron at a time", one_by_one, len(some) * epochs)]
    title = f"latch: {neurons} neurons, {B} sequences of {T} steps; an item is one descent step of one neuron"
    return table(title, "step", contenders, race(contenders, turns))
