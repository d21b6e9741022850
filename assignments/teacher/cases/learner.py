"""The tests of the assignment *A learner of your own*."""

import numpy as np

from assignments.teacher.questions import Case, Code, Rng, Test, fresh

GRID = ("searching", "Multi-grid: only downhill, but not by a slope")
OWN = ("contest", "Exercise 2: a learner of your own")

DESCENT = Code("learners.GradientDescent(0.5, batch_size=10)")
BOWL = Code("lambda x: np.sum((x - 1) ** 2, axis=-1)")
TERRACES = Code("lambda x: np.floor(np.sum(np.abs(x), axis=-1))")
# Rules that are nobody's: what a search does with them shows that it asks the rule, and how.
COOLING = Code("lambda d, failures, better, d0: (0.6 * d if better else 0.9 * d + 0.02 * d0, failures + 1)")
COUNTING = Code("lambda d, failures, better, d0: (d0 / (1 + failures), 0 if better else failures + 1)")
COOLING_ALL = Code("lambda d, failures, better, d0: (np.where(better, 0.6 * d, 0.9 * d + 0.02 * d0), failures + 1)")
COUNTING_ALL = Code("lambda d, failures, better, d0: (d0 / (1 + failures), np.where(better, 0, failures + 1))")

TRAJECTORY = "Draw once for each trial, accept only what costs less, and tell the rule of every trial."
ENDED = ("Draw for all R runs in every round, but evaluate only those whose cost is still above the goal; each run's "
         "count is its own.")
FORGET = "After an improvement, and after a shrinking, failures are counted from 0 again."
CAP = "No box is wider than the first one, d0."
GIVEN_UP = "A box that was shrunk below smallest * d0 is given up: d0 again."
WHERE = "An entry for each run: np.where(condition, value where true, value where false)."
IN_PLACE = "The caller's array was changed: x[:] = ... and x += ... write into it, x = ... does not."
ROUND = "One draw of shape (R, P) in each round; each run keeps the better of its two points."
TERMS = "Three generators, seed, seed + 1 and seed + 2; what is limited and returned are presentations."
ENDS = "Is everything divided by 1 + z²/n, and the root taken of both terms?"


def rule_cases(rng):
    """Steps of the rule, for numbers, far from its limits."""
    steps = [[rng.uniform(0.3, 0.6), int(failures), bool(better)]
             for failures, better in [(0, False), (2, False), (3, False), (4, False), (0, True), (4, True)]]
    probe = "[list(adapt(d, failures, better, d0=1.0)) for d, failures, better in steps]"
    own = "[list(adapt(d, failures, better, 1.0, grow, shrink, patience)) for d, failures, better in steps]"
    yield Case(probe, {"steps": steps}, hint=FORGET)
    yield Case(own, {"steps": steps, "grow": rng.uniform(1.1, 1.4), "shrink": rng.uniform(2, 5), "patience": 3},
               hint="Are grow, shrink and patience used, not numbers in their place?")


def rule_limits(rng):
    """Boxes that would grow too wide or too narrow."""
    d0 = rng.uniform(1, 3)
    wide = [[d0 * share, 0, True] for share in (rng.uniform(0.7, 0.95), 1.0, rng.uniform(0.1, 0.5))]
    shares = rng.uniform(0.03, 0.09), rng.uniform(0.11, 0.15), rng.uniform(0.3, 0.9)
    narrow = [[d0 * share, 4, False] for share in shares]
    probe = "[list(adapt(d, failures, better, d0, smallest=0.05)) for d, failures, better in steps]"
    yield Case(probe, {"steps": wide, "d0": d0}, hint=CAP)
    yield Case(probe, {"steps": narrow, "d0": d0}, hint=GIVEN_UP)


def rule_runs(rng):
    """The rule for many runs; nothing here comes near its limits, or improves after failures."""
    for R in (1, 7):
        failures = rng.integers(0, 5, R)
        yield Case("adapt(d, failures, better, d0)",
                   {"d": rng.uniform(0.3, 0.6, R), "failures": failures, "better": failures == 0, "d0": np.ones(R)},
                   hint=WHERE)


def search_cases(rng):
    """Trajectories of a single run."""
    probe = "search(cost, start, d0, draws, rng, rule)"
    for cost, rule, P, draws in ((BOWL, COUNTING, 3, 30), (TERRACES, COOLING, 2, 20), (BOWL, COOLING, 1, 5)):
        yield Case(probe, {"cost": cost, "start": rng.normal(0, 2, P), "d0": rng.uniform(0.5, 2), "draws": draws,
                           "rng": fresh(rng), "rule": rule}, hint=TRAJECTORY)


def books_cases(rng):
    """What a search leaves alone, and how often it asks."""
    given = {"cost": BOWL, "start": rng.normal(0, 2, 3), "d0": 1.0, "rule": COUNTING}
    yield Case("(search(cost, start, d0, 12, rng, rule), start)[1]", {**given, "rng": fresh(rng)}, hint=IN_PLACE)
    asked = ("(lambda asked: (search(lambda x: (asked.append(0), cost(x))[1], start, d0, draws, rng, rule), "
             "len(asked))[1])([])")
    for draws in (0, 9):
        yield Case(asked, {**given, "rng": fresh(rng), "draws": draws},
                   hint="How often is the cost evaluated? Once for the start, and once for each trial: keep its value.")


def runs_cases(rng):
    """Many runs, none of which ends."""
    probe = "search_all(cost, starts, d0, rounds, rng, rule, goal=-1.0)"
    for cost, rule, shape, rounds in ((BOWL, COUNTING_ALL, (5, 3), 20), (TERRACES, COOLING_ALL, (4, 2), 10),
                                      (BOWL, COOLING_ALL, (1, 2), 6)):
        yield Case(probe, {"cost": cost, "starts": rng.normal(0, 2, shape), "d0": rng.uniform(0.5, 2),
                           "rounds": rounds, "rng": fresh(rng), "rule": rule}, hint=ROUND)
    yield Case("(search_all(cost, starts, 1.0, 8, rng, rule, goal=-1.0), starts)[1]",
               {"cost": BOWL, "starts": rng.normal(0, 2, (3, 2)), "rng": fresh(rng), "rule": COUNTING_ALL},
               hint="The caller's starts were changed: work on a copy.")


def ended_cases(rng):
    """Many runs, some of which end: at once, on the way, or not at all."""
    probe = "search_all(cost, starts, d0, rounds, rng, rule, goal)"
    for cost, goal, rounds in ((BOWL, 0.4, 25), (TERRACES, 1.0, 12)):
        starts = np.concatenate([[[1.0, 0.5], [0.75, 0.75]], rng.normal(0, 2, (4, 2)), [[40.0, 40.0]]])
        yield Case(probe, {"cost": cost, "starts": rng.permutation(starts), "d0": 1.5, "rounds": rounds,
                           "rng": fresh(rng), "rule": COOLING_ALL, "goal": goal}, hint=ENDED)
    asked = ("(lambda asked: (search_all(lambda points: (asked.append(len(points)), cost(points))[1], starts, d0, "
             "rounds, rng, rule, goal), asked)[1])([])")
    yield Case(asked, {"cost": BOWL, "starts": rng.uniform(-1, 2, (6, 2)), "d0": 1.0, "rounds": 30, "rng": fresh(rng),
                       "rule": COOLING_ALL, "goal": 0.3},
               hint="The cost is called with the points of the runs that go on, and not at all when none is left.")
    yield Case(probe, {"cost": BOWL, "starts": np.full((2, 2), 1.0), "d0": 1.0, "rounds": 5, "rng": fresh(rng),
                       "rule": COOLING_ALL, "goal": 0.0}, hint="A run ends as soon as its cost is at most the goal.")


def problem(T, noise, runs, evaluations, data):
    """The source of a function that makes a fresh Problem."""
    return Code(f"lambda: learners.Problem(tasks.Latch({T}, L=1, noise={noise}), networks.LatchNeuron(L=1), "
                f"runs={runs}, rng=np.random.default_rng({data}), training_size=6, test_size=30, "
                f"budget=learners.Budget(evaluations={evaluations}))")


def trained(rng, T, noise, runs, evaluations, rule, hint, width=3.0):
    """What a learner ends with: parameters, cost of the best points, evaluations, and who solved it."""
    data = int(rng.integers(2**31))
    return Case("(lambda h: [h.theta, h.curve['cost'][-1], h.evaluations, h.solved])("
                "BoxSearch(width, rule).train(problem(), theta0, rng))",
                {"width": width, "rule": rule, "problem": problem(T, noise, runs, evaluations, data),
                 "theta0": rng.uniform(-0.5, 0.5, (runs, 3)), "rng": fresh(rng)}, hint=hint)


def class_cases(rng):
    """No run ends, for the noise is too large."""
    hint = ("The first step evaluates the starts and draws nothing; a later one draws (R, P), writes the better points "
            "into theta, and returns the cost of the best.")
    yield trained(rng, 30, 2.0, 3, 10, COUNTING_ALL, hint)
    yield trained(rng, 25, 3.0, 1, 1, COUNTING_ALL, hint)
    yield trained(rng, 25, 3.0, 4, 15, COOLING_ALL, hint, width=1.0)


def class_ended(rng):
    """Runs end one after another."""
    hint = "Which rows go with problem.active, and which with all R runs? What is kept has R rows, what is tried has A."
    for runs, rule in ((8, COUNTING_ALL), (12, COOLING_ALL)):
        yield trained(rng, 6, 0.1, runs, 40, rule, hint, width=6.0)


def enter_cases(rng):
    """lrdlib's own learners in the contest."""
    for learner, T, runs, presentations in (
            (DESCENT, 6, 15, 210), (Code("learners.MultiGridSearch(3.0)"), 10, 12, 600),
            (Code("learners.RandomGuessing(100.0)"), 12, 21, 150)):
        yield Case("enter(learner, T, runs, presentations, seed)",
                   {"learner": learner, "T": T, "runs": runs, "presentations": presentations,
                    "seed": int(rng.integers(10**6))}, hint=TERMS)


def wilson_cases(rng):
    """Counts at the ends and between."""
    n = int(rng.integers(20, 60))
    yield Case("list(wilson(k, n))", {"k": int(rng.integers(1, n)), "n": n}, hint=ENDS)
    yield Case("list(wilson(k, n))", {"k": np.array([0, 1, n // 2, n]), "n": n}, hint=ENDS)
    yield Case("list(wilson(k, n, z))", {"k": int(rng.integers(1, n)), "n": n, "z": 2.576},
               hint="Is z used, or 1.96 in its place?")


STEPS = [[0.5, 0, False], [0.5, 4, False], [0.5, 3, True]]

TESTS = (
    Test("learner-rule", page=GRID,
         visible=[Case("[list(adapt(d, failures, better, d0=1.0)) for d, failures, better in steps]", {"steps": STEPS},
                       hint=FORGET)],
         hidden=rule_cases),
    Test("learner-rule-limits", page=GRID,
         visible=[Case("list(adapt(d, 0, True, d0=2.0))", {"d": 1.5}, hint=CAP),
                  Case("list(adapt(d, 4, False, d0=2.0, smallest=0.1))", {"d": 0.3}, hint=GIVEN_UP)],
         hidden=rule_limits),
    Test("learner-rule-runs", page=OWN,
         visible=[Case("adapt(d, failures, better, d0)",
                       {"d": np.array([0.4, 0.5, 0.6]), "failures": np.array([0, 2, 4]),
                        "better": np.array([True, False, False]), "d0": np.ones(3)},
                       hint=WHERE)],
         hidden=rule_runs),
    Test("learner-search", page=GRID,
         visible=[Case("search(cost, start, 1.0, 4, rng, rule)",
                       {"cost": BOWL, "start": np.array([0.0, 3.0]), "rng": Rng(1), "rule": COOLING}, hint=TRAJECTORY),
                  Case("search(cost, start, 0.5, 4, rng, rule)[0]",
                       {"cost": TERRACES, "start": np.array([2.5, 2.5]), "rng": Rng(5), "rule": COOLING},
                       hint="On a terrace all points cost the same: a tie is no improvement.")],
         hidden=search_cases),
    Test("learner-search-books", page=GRID,
         visible=[Case("(search(cost, start, 1.0, 4, rng, rule), start)[1]",
                       {"cost": BOWL, "start": np.array([0.0, 3.0]), "rng": Rng(1), "rule": COOLING},
                       hint=IN_PLACE)],
         hidden=books_cases),
    Test("learner-runs", page=OWN,
         visible=[Case("search_all(cost, starts, 1.0, 4, rng, rule, goal=-1.0)",
                       {"cost": BOWL, "starts": np.array([[0.0, 3.0], [2.0, 2.0], [-1.0, 0.0]]), "rng": Rng(2),
                        "rule": COOLING_ALL}, hint=ROUND)],
         hidden=runs_cases),
    Test("learner-runs-ended", page=("contest", "The rules"),
         visible=[Case("search_all(cost, starts, 1.0, 6, rng, rule, goal=0.5)",
                       {"cost": BOWL, "starts": np.array([[1.0, 0.5], [0.0, 1.0], [5.0, 5.0]]), "rng": Rng(2),
                        "rule": COOLING_ALL}, hint=ENDED)],
         hidden=ended_cases),
    Test("learner-class", page=OWN, visible=[next(class_cases(np.random.default_rng(8)))], hidden=class_cases),
    Test("learner-class-ended", page=OWN, visible=[next(class_ended(np.random.default_rng(9)))], hidden=class_ended),
    Test("learner-enter", page=("contest", "A small contest"),
         visible=[Case("enter(learner, 6, 20, 300, 7)", {"learner": DESCENT}, hint=TERMS)],
         hidden=enter_cases),
    Test("learner-wilson", page=("contest", "Exercise 3: how many runs?"),
         visible=[Case("list(wilson(18, 20))", hint=ENDS),
                  Case("list(wilson(0, 20))", hint="At k = 0 the lower end is 0, and the upper end is not.")],
         hidden=wilson_cases),
)
