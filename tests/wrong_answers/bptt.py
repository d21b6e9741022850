"""Typical wrong answers to `bptt`."""

from wrong_answers.common import Wrong

LAST = {"bptt-last-w", "bptt-last-u", "bptt-last-b"}

WRONG = {
    "states in a real array": Wrong(
        edits=[(", dtype=np.result_type(W, U, b, float))", ")")], loses={"bptt-forward-complex"}),
    "the input of the step before": Wrong(
        edits=[("x[t - 1] + U @ u[t - 1] + b", "x[t - 1] + U @ u[t - 2] + b")],
        loses={"bptt-forward", "bptt-forward-complex"}),
    "no tanh' on the way back": Wrong(
        edits=[("da = (1 - x[t]**2) * delta", "da = delta")], loses=LAST),
    "tanh' at the state before": Wrong(
        edits=[("da = (1 - x[t]**2) * delta", "da = (1 - x[t - 1]**2) * delta")], loses=LAST),
    "W instead of its transpose": Wrong(
        edits=[("        delta = W.T @ da\n", "        delta = W @ da\n")], loses=LAST),
    "the error's sign": Wrong(
        edits=[("    delta[-1] = x[-1, -1] - d\n", "    delta[-1] = d - x[-1, -1]\n")], loses=LAST),
    "off by one in the state": Wrong(
        edits=[("dW += np.outer(da, x[t - 1])", "dW += np.outer(da, x[t])")], loses={"bptt-last-w"}),
    "the outer product's sides exchanged": Wrong(
        edits=[("dW += np.outer(da, x[t - 1])", "dW += np.outer(x[t - 1], da)")], loses={"bptt-last-w"}),
    "off by one in the input": Wrong(
        edits=[("dU += np.outer(da, u[t - 1])", "dU += np.outer(da, u[t - 2])")], loses={"bptt-last-u"}),
    "b from one step only": Wrong(
        edits=[("        db += da\n", "        db = da\n")], loses={"bptt-last-b"}),
    "the first step left out": Wrong(
        edits=[("for t in range(len(u), 0, -1)", "for t in range(len(u), 1, -1)")],
        loses={"bptt-last-u", "bptt-last-b"}),  # x_0 = 0, so that the first step adds nothing to dC/dW
    "only the last step's error": Wrong(
        edits=[("        own[-1] = x[t, -1] - d[t - 1]\n", "        own[-1] = (x[t, -1] - d[t - 1]) * (t == T)\n")],
        loses={"bptt-every"}),
    "every error stays at its step": Wrong(
        edits=[("        later = W.T @ at_a\n", "        later = 0 * later\n")], loses={"bptt-every"}),
    "the mean over the batch": Wrong(
        edits=[("        db = db + back.sum(axis=0)\n        delta = back @ W\n    return dW, dU, db",
                "        db = db + back.sum(axis=0)\n        delta = back @ W\n    return dW / B, dU / B, db / B")],
        loses={"bptt-batch"}),
    "b is not summed over the batch": Wrong(
        edits=[("db = db + back.sum(axis=0)", "db = db + back")], loses={"bptt-batch"}),
    "W transposed for rows": Wrong(
        edits=[("        delta = back @ W\n", "        delta = back @ W.T\n")], loses={"bptt-batch"}),
    "all parameters shifted at once": Wrong(
        edits=[("        shifted[i] += 1j * h\n", "        shifted += 1j * h\n")], loses={"bptt-complex-step"}),
    "a complex step into a real array": Wrong(
        edits=[("        shifted = theta.astype(complex)\n", "        shifted = theta\n")],
        loses={"bptt-complex-step"}),
    "another h is divided by": Wrong(
        edits=[("f(shifted).imag / h", "f(shifted).imag / 1e-20")], loses={"bptt-complex-step"}),
    "a one-sided difference": Wrong(
        edits=[("(f(theta + h * e) - f(theta - h * e)) / (2 * h)", "(f(theta + h * e) - f(theta)) / h")],
        loses={"bptt-central"}),
    "absolute errors": Wrong(
        edits=[("np.max(np.abs(estimate - exact)) / np.max(np.abs(exact))", "np.max(np.abs(estimate - exact))")],
        loses={"bptt-central"}),
    "the window one step too long": Wrong(
        edits=[("max(T - K, 0)", "max(T - K - 1, 0)")], loses={"bptt-truncated"}),
    "the window cuts the steps near the start": Wrong(
        edits=[("for t in range(T, max(T - K, 0), -1)", "for t in range(min(K, T), 0, -1)")], loses={"bptt-truncated"}),
}
