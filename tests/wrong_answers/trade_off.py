"""Wrong answers to *Out of the trade-off*."""

from wrong_answers.common import Wrong

WRONG = {
    "the slope at the state after the step": Wrong(
        edits=[("slopes = w * (1 - np.tanh(a[..., :-1]) ** 2)", "slopes = w * (1 - np.tanh(a[..., 1:]) ** 2)")],
        loses={"trade_off-carried"}),
    "the slope of tanh without the weight": Wrong(
        edits=[("slopes = w * (1 - np.tanh(a[..., :-1]) ** 2)", "slopes = 1 - np.tanh(a[..., :-1]) ** 2")],
        loses={"trade_off-carried"}),
    "the product over the runs": Wrong(
        edits=[("np.cumprod(slopes, axis=-1)], axis=-1)", "np.cumprod(slopes, axis=0)], axis=-1)")],
        loses={"trade_off-carried"}),
    "the slope at the attractor for the largest one": Wrong(
        edits=[("slope = w * (1 - np.tanh(a_bar - d) ** 2)", "slope = w * (1 - np.tanh(a_bar) ** 2)")],
        loses={"trade_off-promise"}),
    "promises where the slope is above 1": Wrong(
        edits=[("return np.where(holds, (1 - slope) * d, 0.0), np.where(holds, slope**T, np.inf)",
                "return (1 - slope) * d, slope**T")],
        loses={"trade_off-promise"}),
    "a difference for the derivative": Wrong(
        edits=[("h = 1e-30\n    return np.imag(run(start + 1j * h)) / h",
                "h = 1e-6\n    return (run(start + h) - run(start - h)) / (2 * h)")],
        loses={"trade_off-derivative"}),
    "the noise inside tanh": Wrong(
        edits=[("a = w * np.tanh(a) + u[:, t]\n    drift", "a = np.tanh(w * a + u[:, t])\n    drift")],
        loses={"trade_off-hold-latch"}),
    "the latch starts at 0": Wrong(
        edits=[("a = start\n", "a = np.zeros(R)\n")], loses={"trade_off-hold-latch"}),
    "the gate on the state as well": Wrong(
        edits=[("start + drift, start + gate * drift", "start + drift, gate * (start + drift)")],
        loses={"trade_off-hold-units"}),
    "the noise of one step only": Wrong(
        edits=[("drift = u.sum(axis=1)", "drift = u[:, -1]")], loses={"trade_off-hold-units"}),
    "a state of 0 keeps its bit": Wrong(
        edits=[("p = np.mean(final * bits > 0)", "p = np.mean(final * bits >= 0)")], loses={"trade_off-kept"}),
    "the plain interval": Wrong(
        edits=[("half = z * np.sqrt(p * (1 - p) / R + z**2 / (4 * R**2))", "half = z * np.sqrt(p * (1 - p) / R)")],
        loses={"trade_off-kept"}),
    "no state before the first input": Wrong(
        edits=[("return np.concatenate([np.zeros_like(v[..., :1]), np.cumsum(v, axis=-1)], axis=-1)",
                "return np.cumsum(v, axis=-1)")],
        loses={"trade_off-forward"}),
    "the input weight is missing in the gradient of the gate": Wrong(
        edits=[("by_beta = kappa * u * g * (1 - g)\n    summed", "by_beta = u * g * (1 - g)\n    summed")],
        loses={"trade_off-gradient-gate"}),
    "the slope of the logistic is missing": Wrong(
        edits=[("by_beta = kappa * u * g * (1 - g)\n    summed", "by_beta = kappa * u\n    summed")],
        loses={"trade_off-gradient-gate"}),
    "kappa's gradient with kappa in it": Wrong(
        edits=[("(g * u).sum(axis=-1)], axis=-1)", "(g * kappa * u).sum(axis=-1)], axis=-1)")],
        loses={"trade_off-gradient-weight"}),
    "the gradient summed over the batch": Wrong(
        edits=[("return (error[..., None] * summed).mean(axis=1)", "return (error[..., None] * summed).sum(axis=1)")],
        loses={"trade_off-gradient-weight", "trade_off-gradient-gate"}),
    "the error of the wrong sign": Wrong(
        edits=[("error = (g * kappa * u).sum(axis=-1) - d", "error = d - (g * kappa * u).sum(axis=-1)")],
        loses={"trade_off-gradient-weight", "trade_off-gradient-gate"}),
    "one batch for all steps": Wrong(
        edits=[("for _ in range(steps):\n        u, m, d = draw(rng)\n",
                "u, m, d = draw(rng)\n    for _ in range(steps):\n")],
        loses={"trade_off-train"}),
    "the parameters changed in place": Wrong(
        edits=[("p = p - rate * gradient(p, u, m, d)\n", "p -= rate * gradient(p, u, m, d)\n")],
        loses={"trade_off-train"}),
    "the mean over the runs, not the sequences": Wrong(
        edits=[("return np.mean(final * d > 0, axis=1) >= need", "return np.mean(final * d > 0, axis=0) >= need")],
        loses={"trade_off-solved"}),
    "the visible answer, typed in": Wrong(
        edits=[("return np.mean(final * d > 0, axis=1) >= need", "return np.array([True, True, False])")],
        loses={"trade_off-solved"}),
    "numbers of the visible case in place of arguments": Wrong(
        edits=[("start = bits * a_bar", "start = bits * 1.9")],
        loses={"trade_off-hold-latch", "trade_off-hold-units"}),
}
