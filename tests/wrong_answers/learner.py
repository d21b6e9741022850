"""Wrong answers to *A learner of your own*."""

from wrong_answers.common import Wrong

WRONG = {
    "failures not forgotten after an improvement": Wrong(
        edits=[("failures = np.where(better, 0, failures + 1)\n    d = np.where(better, np.minimum",
                "failures = np.where(better, failures, failures + 1)\n    d = np.where(better, np.minimum")],
        loses={"learner-rule"}),
    "no cap on the box": Wrong(
        edits=[("np.minimum(grow * d, d0), d)", "grow * d, d)")], loses={"learner-rule-limits"}),
    "the smallest box not measured by the first": Wrong(
        edits=[("d = np.where(d < smallest * d0, d0, d)", "d = np.where(d < smallest, d0, d)")],
        loses={"learner-rule-limits"}),
    "if in place of where": Wrong(
        edits=[("worn = failures >= patience\n    failures = np.where(worn, 0, failures)\n"
                "    d = np.where(worn, d / shrink, d)",
                "if failures >= patience:\n        failures, d = 0, d / shrink")],
        loses={"learner-rule-runs"}),
    "a tie is accepted": Wrong(edits=[("better = f < least\n", "better = f <= least\n")], loses={"learner-search"}),
    "writes down the cost of the trial": Wrong(
        edits=[("costs.append(least)", "costs.append(f)")], loses={"learner-search"}),
    "a box of side d, not of half side d": Wrong(
        edits=[("new = x + d * z\n", "new = x + d * z / 2\n")], loses={"learner-search"}),
    "changes the start in place": Wrong(
        edits=[("x, least = new, f", "x[:], least = new, f")], loses={"learner-search-books"}),
    "evaluates the best point again and again": Wrong(
        edits=[("better = f < least\n        if", "better = f < cost(x)\n        if")], loses={"learner-search-books"}),
    "the starts of many runs changed in place": Wrong(
        edits=[("theta, least = theta.copy(), np.array(cost(theta))", "least = np.array(cost(theta))")],
        loses={"learner-runs"}),
    "draws only for the runs that go on": Wrong(
        edits=[("z_all = rng.uniform(-1, 1, (R, P))", "z_all = np.zeros((R, P))\n"
                "        z_all[active] = rng.uniform(-1, 1, (len(active), P))")],
        loses={"learner-runs-ended"}),
    "evaluations counted for runs that have ended": Wrong(
        edits=[("evaluations[active] += 1", "evaluations += 1")], loses={"learner-runs-ended"}),
    "the same step for all coordinates": Wrong(
        edits=[("z_all = rng.uniform(-1, 1, (R, P))", "z_all = rng.uniform(-1, 1, (R, 1)) * np.ones(P)")],
        loses={"learner-runs", "learner-runs-ended"}),
    "the learner reports the trial's cost, not the best": Wrong(
        edits=[('better, self.width)\n        return learners.Step(state["least"][active])',
                "better, self.width)\n        return learners.Step(C)")],
        loses={"learner-class", "learner-class-ended"}),
    "the learner draws for its active runs only": Wrong(
        edits=[('z = state["rng"].uniform(-1, 1, theta.shape)', 'z = np.zeros(theta.shape)\n'
                '        z[active] = state["rng"].uniform(-1, 1, (len(active), theta.shape[1]))')],
        loses={"learner-class-ended"}),
    "the learner never evaluates the starts": Wrong(
        edits=[('state["least"][active] = problem.cost(theta[active], batch)\n'
                '            return learners.Step(state["least"][active])', "pass")],
        loses={"learner-class", "learner-class-ended"}),
    "returns evaluations": Wrong(
        edits=[("np.median(history.presentations)", "np.median(history.evaluations)")],
        loses={"learner-enter"}),
    "starts and data from one generator": Wrong(
        edits=[("np.random.default_rng(seed + 1).uniform", "problem.rng.uniform")], loses={"learner-enter"}),
    "returns the rate": Wrong(edits=[("int(history.solved.sum())", "float(history.solved.mean())")],
                              loses={"learner-enter"}),
    "the number of trials of the visible cases, typed in": Wrong(
        edits=[("p = k / n\n", "n = 20\n    p = k / n\n")], loses={"learner-wilson"}),
    "the plain interval": Wrong(
        edits=[("centre = p + z**2 / (2 * n)\n    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))",
                "return p - z * np.sqrt(p * (1 - p) / n), p + z * np.sqrt(p * (1 - p) / n)")],
        loses={"learner-wilson"}),
}
