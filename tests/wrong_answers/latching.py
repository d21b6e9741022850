"""Typical wrong answers to `latching`."""

from wrong_answers.common import Wrong

NEWTON = "        a = a - np.linalg.solve(np.eye(len(a)) - jacobian, a - W @ np.tanh(a))"
PRODUCT = "        product = W * (1 - np.tanh(a)**2) @ product\n"
ROWS = "    for _ in range(steps):\n        a = np.tanh(a) @ W.T"

WRONG = {
    "follows the state instead": Wrong(
        edits=[("    for _ in range(20):\n", "    for _ in range(3000):\n"), (NEWTON, "        a = W @ np.tanh(a)")],
        loses={"latching-saddles"}),
    "one step of Newton's method": Wrong(
        edits=[("    for _ in range(20):\n", "    for _ in range(1):\n")],
        loses={"latching-newton", "latching-saddles"}),
    "the state is changed in place": Wrong(
        edits=[(NEWTON, NEWTON.replace("a = a - ", "a -= "))], loses={"latching-newton"}),
    "the sign of the step": Wrong(
        edits=[(NEWTON, NEWTON.replace("a = a - ", "a = a + "))], loses={"latching-newton", "latching-saddles"}),
    "two units always": Wrong(
        edits=[("np.eye(len(a)) - jacobian", "np.eye(2) - jacobian")], loses={"latching-saddles"}),
    "eigenvalues without their absolute value": Wrong(
        edits=[("return np.abs(np.linalg.eigvals(J)).max(),", "return np.linalg.eigvals(J).real.max(),")],
        loses={"latching-sizes"}),
    "the root of all squares for the norm": Wrong(
        edits=[(".max(), np.linalg.norm(J, 2)", ".max(), np.linalg.norm(J)")], loses={"latching-sizes"}),
    "columns for rows": Wrong(edits=[(ROWS, ROWS.replace("W.T", "W"))], loses={"latching-basins"}),
    "nearest at the start": Wrong(edits=[(ROWS, ROWS.replace("steps", "0"))], loses={"latching-basins"}),
    "one step too few": Wrong(edits=[(ROWS, ROWS.replace("steps", "steps - 1"))], loses={"latching-basins"}),
    "two attractors always": Wrong(
        edits=[("distances.argmin(axis=1)", "(distances[:, 1] < distances[:, 0]).astype(int)")],
        loses={"latching-basins"}),
    "distances along the wrong axis": Wrong(
        edits=[("X[None, :, :], axis=2)", "X[None, :, :], axis=1)")], loses={"latching-basins"}),
    "each step by itself": Wrong(
        edits=[(PRODUCT, "        product = W * (1 - np.tanh(a)**2)\n")],
        loses={"latching-gamma-norm", "latching-gamma-radius"}),
    "no tanh' in the products": Wrong(
        edits=[(PRODUCT, "        product = W @ product\n")], loses={"latching-gamma-norm", "latching-gamma-radius"}),
    "the product in the wrong order": Wrong(
        edits=[(PRODUCT, "        product = product @ (W * (1 - np.tanh(a)**2))\n")],
        loses={"latching-gamma-norm"}),  # eigenvalues of these products hardly notice
    "the slope after the step": Wrong(
        edits=[(PRODUCT, "        a = W @ np.tanh(a)\n" + PRODUCT),
               ("            return False\n        a = W @ np.tanh(a)\n", "            return False\n")],
        loses={"latching-gamma-norm", "latching-gamma-radius"}),
    "the state of the products is changed in place": Wrong(
        edits=[("            return False\n        a = W", "            return False\n        a[:] = W")],
        loses={"latching-gamma-norm", "latching-gamma-radius"}),
    "slopes on the rows": Wrong(
        edits=[("np.linalg.norm(W * slopes, 2)", "np.linalg.norm(W * slopes[:, None], 2)")],
        loses={"latching-promise", "latching-promise-none"}),
    "only the last product": Wrong(
        edits=[("        if size(product) >= 1:\n            return False\n        a = W @ np.tanh(a)\n    return True",
                "        a = W @ np.tanh(a)\n    return size(product) < 1")],
        loses={"latching-gamma-norm", "latching-gamma-radius"}),
    "one product too few": Wrong(
        edits=[("    for _ in range(horizon):\n", "    for _ in range(horizon - 1):\n")],
        loses={"latching-gamma-norm", "latching-gamma-radius"}),
    "the slope at the attractor": Wrong(
        edits=[("np.maximum(np.abs(X) - d, 0)", "np.abs(X)")], loses={"latching-promise", "latching-promise-none"}),
    "the slope at the outer edge": Wrong(
        edits=[("np.maximum(np.abs(X) - d, 0)", "np.abs(X) + d")], loses={"latching-promise", "latching-promise-none"}),
    "beyond 0 the slope falls again": Wrong(
        edits=[("np.maximum(np.abs(X) - d, 0)", "np.abs(X) - d")], loses={"latching-promise-none"}),
    "less than nothing is promised": Wrong(
        edits=[("max(1 - factor, 0) * d", "(1 - factor) * d")], loses={"latching-promise-none"}),
    "the radius for the norm": Wrong(
        edits=[("factor = np.linalg.norm(W * slopes, 2)", "factor = np.abs(np.linalg.eigvals(W * slopes)).max()")],
        loses={"latching-promise", "latching-promise-none"}),
    "the push inside tanh": Wrong(
        edits=[("        a = W @ np.tanh(a)\n        if t < T:\n            a = a + u",
                "        a = W @ np.tanh(a + (u if t < T else 0))")], loses={"latching-breaks"}),
    "pushes all the time": Wrong(
        edits=[("        if t < T:\n            a = a + u", "        a = a + u")], loses={"latching-breaks"}),
    "never lets go to rest": Wrong(
        edits=[("    a = own\n    for t in range(T + rest):", "    a = own\n    for t in range(T):")],
        loses={"latching-breaks"}),
    "s for the variance": Wrong(
        edits=[("rng.normal(0, s, a.shape)", "rng.normal(0, np.sqrt(s), a.shape)")], loses={"latching-kept"}),
    "the same noise for all": Wrong(
        edits=[("rng.normal(0, s, a.shape)", "rng.normal(0, s, a.shape[1])")], loses={"latching-kept"}),
    "counts the lost ones": Wrong(
        edits=[("np.count_nonzero(to_own < to_other)", "np.count_nonzero(to_own > to_other)")],
        loses={"latching-kept"}),
}
