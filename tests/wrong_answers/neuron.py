"""Typical wrong answers to `neuron`."""

from wrong_answers.common import Wrong

WRONG = {
    "the input of the step before": Wrong(
        edits=[("path[..., t - 1] + h[..., t - 1])", "path[..., t - 1] + h[..., max(t - 2, 0)])")],
        loses={"neuron-follow", "neuron-follow-many"}),
    "the argument is changed in place": Wrong(
        edits=[("        path[..., t] = np.tanh(w * path[..., t - 1] + h[..., t - 1])",
                "        h[..., t - 1] += w * path[..., t - 1]\n        path[..., t] = np.tanh(h[..., t - 1])")],
        loses={"neuron-follow", "neuron-follow-many"}),
    "one neuron only, as in the chapter": Wrong(
        edits=[("    T = h.shape[-1]\n",
                "    path = [x]\n    for h_t in h:\n        path.append(np.tanh(w * path[-1] + h_t))\n"
                "    return np.array(path)\n    T = h.shape[-1]\n")],
        loses={"neuron-follow-many"}),
    "tanh' at the state before the step": Wrong(
        edits=[("1 - path[1:]**2", "1 - path[:-1]**2")], loses={"neuron-sensitivity"}),
    "two attractors for every weight": Wrong(
        edits=[("    if w <= 1:\n        return np.array([0.0])\n", ""),
               ("np.sqrt(1 - 1 / w), 1.0", "np.sqrt(max(1 - 1 / w, 0)), 1.0")],
        loses={"neuron-attractors-weak"}),
    "iterates a thousand times": Wrong(
        edits=[("    low, high = np.sqrt(1 - 1 / w), 1.0\n    for _ in range(60):\n",
                "    x = 1.0\n    for _ in range(1000):\n        x = np.tanh(w * x)\n    return np.array([-x, x])\n"
                "    for _ in range(60):\n")],
        loses={"neuron-attractors"}),
    "touches on the wrong side": Wrong(
        edits=[("w * u - np.arctanh(u)", "np.arctanh(u) - w * u")], loses={"neuron-critical"}),
    "the visible answer typed in": Wrong(
        edits=[("    u = np.sqrt(1 - 1 / w)\n    return w * u - np.arctanh(u)",
                "    return np.array([0.07780517, 1.30327391]) if np.ndim(w) else 0.5328399753535521")],
        loses={"neuron-critical"}),
    "the middle replaces the wrong end": Wrong(
        edits=[("        if flips(middle):\n", "        if not flips(middle):\n")], loses={"neuron-bisect"}),
    "steps counted from zero": Wrong(
        edits=[("np.isinf(time)] = t\n", "np.isinf(time)] = t - 1\n")], loses={"neuron-time"}),
    "the last time instead of the first": Wrong(
        edits=[("time[(x > 0) & np.isinf(time)]", "time[x > 0]")], loses={"neuron-time"}),
    "s taken for the variance": Wrong(
        edits=[("rng.normal(0, s, n)", "rng.normal(0, np.sqrt(s), n)")], loses={"neuron-kept"}),
    "the same noise for all neurons": Wrong(
        edits=[("rng.normal(0, s, n)", "rng.normal(0, s)")], loses={"neuron-kept"}),
    "counts the positive ones": Wrong(
        edits=[("np.sign(state) == np.sign(x)", "state > 0")], loses={"neuron-kept"}),
    "one step of noise too many": Wrong(
        edits=[("    for _ in range(T):\n        state", "    for _ in range(T + 1):\n        state")],
        loses={"neuron-kept"}),
    "the simple interval": Wrong(
        edits=[("    centre = p + z**2 / (2 * n)\n",
                "    half = z * np.sqrt(p * (1 - p) / n)\n    return p - half, p + half\n")],
        loses={"neuron-interval"}),
}
