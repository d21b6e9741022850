"""One gradient of many recurrent nets, and of one net at a time."""

from __future__ import annotations

import numpy as np

from benchmarks.timing import Contender, race, table
from lrdlib import gradients
from lrdlib.batch import Batch
from lrdlib.networks import Recurrent

BLOCK = 50  # nets in one array, so that their trajectories stay near the processor


def ensemble(network, theta, batches):
    """lrdlib: all nets at once, block by block."""
    return np.concatenate([gradients.bptt(network, theta[start : start + BLOCK], batch).gradient
                           for start, batch in zip(range(0, len(theta), BLOCK), batches)])


def with_numpy(W, U, b, u, d):
    """One net; u (T, sequences, 1), d (sequences,)."""
    T, B, n = len(u), len(d), len(b)
    x = np.zeros((T + 1, B, n))
    for t in range(1, T + 1):
        x[t] = np.tanh(x[t - 1] @ W.T + u[t - 1] @ U.T + b)
    dW, dU, db, delta = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b), np.zeros((B, n))
    delta[:, -1] = x[T, :, -1] - d
    for t in range(T, 0, -1):
        da = (1 - x[t] ** 2) * delta
        dW += da.T @ x[t - 1]
        dU += da.T @ u[t - 1]
        db += da.sum(0)
        delta = da @ W
    return np.concatenate([dW.ravel(), dU.ravel(), db])


def with_torch(network, theta, inputs, targets):
    """All nets at once in PyTorch, by automatic differentiation; None if it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    u, d = torch.from_numpy(np.ascontiguousarray(inputs)), torch.from_numpy(targets)

    def work():
        parameters = {name: torch.tensor(block, requires_grad=True)
                      for name, block in network.views(theta).items()}
        W, U, b = (parameters[name] for name in ("W", "U", "b"))
        x = torch.zeros((len(W), u.shape[1], W.shape[1]), dtype=u.dtype)
        drive = u @ U.transpose(1, 2)[:, None] + b[:, None, None]
        for drive_t in drive.unbind(2):  # a slice for each step would cost a gradient of full size each
            x = torch.tanh(torch.baddbmm(drive_t, x, W.transpose(1, 2)))
        (0.5 * (x[:, :, -1] - d) ** 2).sum().backward()
        return np.hstack([p.grad.numpy().reshape(len(theta), -1) for p in (W, U, b)])

    return work


def run(nets=1000, n=5, B=32, T=100, loop=10, turns=7):
    """Race, and return the table as text."""
    rng = np.random.default_rng(0)
    network = Recurrent(n, bias=True)
    theta = network.initial(nets, rng)
    inputs, targets = rng.normal(0, 0.2, (nets, B, T, 1)), rng.choice([-0.8, 0.8], (nets, B))
    whole = Batch(inputs, np.full((1, B), T), targets)
    batches = [whole.select(np.arange(a, min(a + BLOCK, nets))) for a in range(0, nets, BLOCK)]
    some = range(min(loop, nets))
    ones = [whole.select([r]) for r in some]

    def numpy_loop():
        named = [{k: v[r] for k, v in network.views(theta).items()} for r in some]
        return np.stack([with_numpy(**named[r], u=inputs[r].transpose(1, 0, 2), d=targets[r]) for r in some])

    def one_by_one():
        return np.concatenate([ensemble(network, theta[[r]], [one]) for r, one in zip(some, ones)])

    truth = ensemble(network, theta, batches)
    np.testing.assert_allclose(numpy_loop(), truth[: len(some)], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(one_by_one(), truth[: len(some)], rtol=1e-9, atol=1e-12)
    contenders = [Contender("lrdlib, all nets", lambda: ensemble(network, theta, batches), nets),
                  Contender("loop over nets, numpy", numpy_loop, len(some)),
                  Contender("lrdlib, one net at a time", one_by_one, len(some))]
    if torch_work := with_torch(network, theta, inputs, targets):
        np.testing.assert_allclose(torch_work(), truth, rtol=1e-9, atol=1e-12)
        contenders.append(Contender("PyTorch, all nets", torch_work, nets))
    title = f"nets: {nets} nets of {n} units, {B} sequences of {T} steps; an item is one gradient of one net"
    return table(title, "gradient", contenders, race(contenders, turns))
