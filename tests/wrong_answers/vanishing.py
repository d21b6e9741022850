"""Typical wrong answers to `vanishing`."""

from wrong_answers.common import Wrong

LAGS = {"vanishing-one-unit", "vanishing-contributions"}
LATCH = {"vanishing-kept", "vanishing-left"}

WRONG = {
    "slopes on the rows": Wrong(
        edits=[("    return W * (1 - np.tanh(a)**2)\n", "    return np.diag(1 - np.tanh(a)**2) @ W\n")],
        loses={"vanishing-jacobian"}),
    "no tanh' in the Jacobian": Wrong(
        edits=[("    return W * (1 - np.tanh(a)**2)\n", "    return W * np.tanh(a)\n")], loses={"vanishing-jacobian"}),
    "the product in the wrong order": Wrong(
        edits=[("product = J @ product", "product = product @ J")], loses={"vanishing-growth"}),
    "the product as it is": Wrong(
        edits=[("product, log = product / size, log + np.log(size)", "log = np.log(size)")], loses={"vanishing-far"}),
    "NaN where the product is 0": Wrong(
        edits=[("        if size > 0:\n", "        if True:\n")], loses={"vanishing-far"}),
    "the norm of all entries": Wrong(
        edits=[("size = np.linalg.norm(product, 2)", "size = np.linalg.norm(product)")],
        loses={"vanishing-growth", "vanishing-far"}),
    "eigenvalues for norms in the bound": Wrong(
        edits=[("[np.linalg.norm(J, 2) for J in jacobians]",
                "[np.abs(np.linalg.eigvals(J)).max() for J in jacobians]")],
        loses={"vanishing-bound"}),
    "the mean of the norms": Wrong(
        edits=[("np.log(norms.max())", "np.log(norms.mean())")], loses={"vanishing-bound"}),
    "the product of the norms": Wrong(
        edits=[("np.log(norms.max()) * np.arange(1, len(norms) + 1)", "np.cumsum(np.log(norms))")],
        loses={"vanishing-bound"}),
    "the bound off by one": Wrong(
        edits=[("np.arange(1, len(norms) + 1)", "np.arange(len(norms))")], loses={"vanishing-bound"}),
    "large norms that do explode": Wrong(
        edits=[("np.array([[0.5, 3.0], [0.0, 0.5]])", "np.array([[1.1, 3.0], [0.0, 0.5]])")],
        loses={"vanishing-large-norms"}),
    "a small norm instead": Wrong(
        edits=[("np.array([[0.5, 3.0], [0.0, 0.5]])", "np.array([[0.5, 0.0], [0.0, 0.5]])")],
        loses={"vanishing-large-norms"}),
    "small eigenvalues, one state only": Wrong(
        edits=[("np.array([0.0, 5.0]), np.array([5.0, 0.0])", "np.array([0.0, 5.0]), np.array([0.0, 5.0])")],
        loses={"vanishing-small-eigenvalues"}),
    "no tanh' on the way back": Wrong(
        edits=[("e = (1 - np.tanh(a[t - 1])**2) * (W.T @ e)", "e = W.T @ e")], loses=LAGS),
    "tanh' at the step after": Wrong(
        edits=[("e = (1 - np.tanh(a[t - 1])**2) * (W.T @ e)", "e = (1 - np.tanh(a[t])**2) * (W.T @ e)")], loses=LAGS),
    "the output of the step after": Wrong(
        edits=[("np.outer(e, np.tanh(a[t - 1]))", "np.outer(e, np.tanh(a[t]))")], loses=LAGS),
    "the state for the output": Wrong(
        edits=[("np.outer(e, np.tanh(a[t - 1]))", "np.outer(e, a[t - 1])")], loses=LAGS),
    "lags in the order of time": Wrong(
        edits=[("    return np.array(c)\n", "    return np.array(c[::-1])\n")], loses=LAGS),
    "the first step left out": Wrong(
        edits=[("for t in range(len(a) - 1, 0, -1)", "for t in range(len(a) - 1, 1, -1)")], loses=LAGS),
    "W instead of its transpose": Wrong(
        edits=[("(W.T @ e)", "(W @ e)")], loses={"vanishing-contributions"}),
    "the outer product's sides exchanged": Wrong(
        edits=[("np.outer(e, np.tanh(a[t - 1]))", "np.outer(np.tanh(a[t - 1]), e)")],
        loses={"vanishing-contributions"}),
    "shares that may cancel": Wrong(
        edits=[("sizes = np.sqrt((c**2).sum(axis=(1, 2)))", "sizes = np.abs(c.sum(axis=(1, 2)))")],
        loses={"vanishing-shares"}),
    "squares for sizes": Wrong(
        edits=[("sizes = np.sqrt((c**2).sum(axis=(1, 2)))", "sizes = (c**2).sum(axis=(1, 2))")],
        loses={"vanishing-shares"}),
    "a gradient of 0 has shares of 0": Wrong(
        edits=[("np.full(len(c), np.nan)", "np.zeros(len(c))")], loses={"vanishing-shares"}),
    "reach off by one": Wrong(
        edits=[("return 1 + int(np.argmax(held >= part))", "return int(np.argmax(held >= part))")],
        loses={"vanishing-reach"}),
    "reach from the oldest lag": Wrong(
        edits=[("held = np.cumsum(shares)", "held = np.cumsum(shares[::-1])")], loses={"vanishing-reach"}),
    "more than the part": Wrong(
        edits=[("held >= part", "held > part")], loses={"vanishing-reach"}),
    "the variance for the standard deviation": Wrong(
        edits=[("u, a, log = rng.normal(0, s, (runs, T))", "u, a, log = rng.normal(0, np.sqrt(s), (runs, T))")],
        loses=LATCH),
    "the slope after the step": Wrong(
        edits=[("        log += np.log(w * (1 - np.tanh(a)**2))\n        a = w * np.tanh(a) + u[:, t]\n",
                "        a = w * np.tanh(a) + u[:, t]\n        log += np.log(w * (1 - np.tanh(a)**2))\n")],
        loses={"vanishing-left"}),
    "the product instead of logarithms": Wrong(
        edits=[("np.zeros(runs)\n    for t in range(T):\n        log += np.log(w * (1 - np.tanh(a)**2))",
                "np.ones(runs)\n    for t in range(T):\n        log *= w * (1 - np.tanh(a)**2)"),
               ("return np.mean(a > 0), np.median(log)", "return np.mean(a > 0), np.log(np.median(log))")],
        loses={"vanishing-left"}),
    "the mean for the median": Wrong(
        edits=[("np.median(log)\n", "np.mean(log)\n")], loses={"vanishing-left"}),
    "the share that was lost": Wrong(
        edits=[("return np.mean(a > 0), np.median(log)", "return np.mean(a < 0), np.median(log)")],
        loses={"vanishing-kept"}),
}
