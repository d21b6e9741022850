"""A valid call of every public callable of lrdlib, and for each argument a list of nonsense of its kind."""

from dataclasses import dataclass, field

import numpy as np

from lrdlib import dynamics, gradients, learners, networks, tasks

OTHERS = [None, "nonsense", b"1", object(), {}, np.ma.masked, print]
NOT_FINITE = [float("nan"), float("inf"), -float("inf")]
RAGGED = [[1.0], [1.0, 2.0]]


@dataclass
class Argument:
    """A valid value, and a function that lists nonsense of its kind."""

    value: object
    nonsense: list = field(default_factory=list)


def number(value, *bad):
    """One real number."""
    return Argument(
        value, [*bad, *OTHERS, *NOT_FINITE, True, np.True_, "1", [value], [], RAGGED, 1j, 10**400]
    )


def count(value, least=1, *bad):
    """One integer."""
    return Argument(
        value,
        [
            *bad,
            *OTHERS,
            *NOT_FINITE,
            least - 1,
            -1,
            10**30,
            value + 0.5,
            float(value),
            True,
            np.True_,
            str(value),
            [value],
            [],
            RAGGED,
            1j,
        ],
    )


def array(value, *bad, shaped=True, complex_ok=False, scalar=False, any_length=False):
    """Numbers; `shaped` if all axes (but the last with `any_length`) have a size; `scalar` if one will do."""
    value = np.asarray(value)
    out = [
        *bad,
        *OTHERS,
        [],
        np.zeros((0, 3)),
        RAGGED,
        np.ones(value.shape, bool),
        value.astype(str),
        value.astype(object),
        True,
    ]
    for wrong in NOT_FINITE:
        spoilt = value.astype(float)
        spoilt.flat[-1] = wrong
        out.append(spoilt)
    if not complex_ok:
        out.append(value + 1j)
    if value.dtype.kind in "iu":
        out += [value.astype(float), value - 1000]
    if shaped:
        out += [
            np.ones((2, 3, 4, 5, 6), value.dtype),
            value[None, None] if value.ndim in (0, 2) else value[None],
        ]
        out += [] if scalar else [np.ones((), value.dtype)]
        out += [] if scalar or any_length else [np.repeat(value, 50, axis=-1)]
    return Argument(value, out)


def choice(value):
    return Argument(value, [*OTHERS, "", 0, True, [value], float("nan")])


def flag(value=False):
    return Argument(value, [*OTHERS, 0, 1, "True", [], 0.0, float("nan")])


def only(value, *bad):
    """An object of one class."""
    return Argument(value, [*OTHERS, *bad, 0, 1.0, True, [], RAGGED, float("nan"), np.ones(3)])


def rng():
    return only(np.random.default_rng(0), np.random, np.random.RandomState(0), 12345)


def units(value, *bad):
    """Indices of a network of 3 units."""
    return Argument(
        value,
        [
            *bad,
            "nonsense",
            object(),
            [3],
            [-1],
            [0, 0],
            [0.0],
            [True],
            ["0"],
            [None],
            1.5,
            [float("nan")],
            RAGGED,
        ],
    )


def noise():
    return array(0.2, -0.1, [0.1, -0.1], scalar=True)


def problem(network=None, training_size=4, **more):
    """A fresh problem of 2 runs."""
    return learners.Problem(
        LATCH,
        network,
        runs=2,
        rng=np.random.default_rng(0),
        training_size=training_size,
        budget=learners.Budget(evaluations=3),
        **more,
    )


LATCH = tasks.Latch(5, noise=0.3)
NEURON = networks.LatchNeuron(3, w=[1.5, 2.0])
LOCAL = networks.LocalFeedback(2)
HMM = networks.InputOutputHMM(2, levels=[0.0])
RECURRENT = networks.Recurrent(3)
THETA = LOCAL.initial(2, np.random.default_rng(0))
BATCH = LATCH.sample(np.random.default_rng(0), 4, 2)
COST = tasks.SquaredError()
SIGNS = networks.Recurrent(2, activation="sign").run(np.ones((2, 6)), np.ones((1, 3, 4, 1)))
GRADIENT = {
    "network": only(LOCAL),
    "theta": array(THETA),
    "batch": only(BATCH, tasks.Batch(BATCH.inputs + 0j, BATCH.lengths, BATCH.targets)),
    "cost": only(COST),
}
SECOND = {
    **GRADIENT,
    "network": only(RECURRENT, LOCAL),
    "theta": array(RECURRENT.initial(2, np.random.default_rng(0))),
    "method": choice("exact"),
}
WEIGHT = {"w": array([1.5, 2.0], shaped=False)}
BISTABLE = {"w": array([1.5, 2.0], 1.0, [2.0, -2.0], shaped=False)}
SURVIVAL = {
    **WEIGHT,
    "s": array([0.1, 0.2], -0.1, np.ones(3), shaped=False),
    "steps": count(4, 0),
    "x0": array([0.5, 1.0], 1.1, -1.1, np.ones(3), shaped=False),
    "noise": choice("uniform"),
    "crossed": flag(),
}
ACTIVATIONS = {"activation": choice("tanh"), "output": choice("tanh")}
TASK = {"T": count(6), "noise": noise(), "distribution": choice("uniform"), "length": choice("half")}
TARGET = {"target": number(0.8, 0, 1, -0.5, 2)}

# name of the callable -> (a function of its arguments, the arguments)
MAP = dynamics.Map(np.tanh, 2, runs=2, domain=(-4, 4))
TANH = dynamics.PreActivation(np.ones((2, 2, 2)))
LINEAR = dynamics.PreActivation(np.ones((2, 2, 2)), activation="linear")
THRICE = dynamics.PreActivation(3 * np.ones((2, 2, 2)))
PAIR = dynamics.PreActivation(np.ones((1, 2, 2)))
POINTS = array(np.full((2, 4, 2), 0.5), np.full((3, 4, 2), 0.5), np.full((2, 4, 3), 0.5))
COMPLEX_POINTS = array(np.full((2, 4, 2), 0.5), np.full((2, 4, 2), 4.5), complex_ok=True)
NOT_CALLABLE = Argument(np.tanh, [None, "nonsense", b"1", object(), {}, 0, 1.0, True, [], np.ones(3)])
RADIUS = array(np.full((2, 4), 0.5), np.full((3, 4), 0.5), np.full((2, 3), 0.5), -0.5, scalar=True)
BALL = {"map": only(TANH, np.tanh), "radius": RADIUS, "rng": rng()}

RESTING = np.sign([[1, -1], [1, -1]])[:, :, None] * np.arctanh(dynamics.stable_state(2.0)) * np.ones(2)
ATTRACTING = array(RESTING, 0 * RESTING, RESTING + 0.1, np.full((3, 2, 2), RESTING[0, 0, 0]), RESTING[..., :1])
LATCHED = {"map": only(TANH, np.tanh), "a": ATTRACTING, "rng": rng(), "settle": count(20, 8)}
REACHED = dynamics.reachable(dynamics.PreActivation([[[2.0]]]), [[[1.9]]], 0.1, -3, 3, 20)
RANDOM = {"steps": count(3), "trials": count(4), "noise": choice("gaussian")}

FOUND = dynamics.attractors(TANH, [[[1.0, 0.5]]])
BASIN = {
    "map": only(TANH, np.tanh),
    "attractors": only(FOUND, TANH, dynamics.attractors(THRICE, [[[1.0, 0.5]]]), dynamics.attractors(PAIR, [[[1.0, 0.5]]])),
    "steps": count(50),
    "tolerance": number(1e-4, 0.0, -1e-4, 1.0),
}
REDUCED = {"horizon": count(9), "sense": choice("norm"), "multiples": flag()}

CALLS = {
    # networks
    "LatchNeuron": (
        networks.LatchNeuron,
        {"L": count(3), "groups": count(2), "w": array([1.0, 2.0], np.ones((2, 2)), scalar=True), "activation": choice("sign")},
    ),
    "LatchNeuron.select": (NEURON.select, {"runs": array([1, 0], [2], [-1], any_length=True)}),
    "NarxNeuron": (networks.NarxNeuron, {"delays": count(2), "L": count(3), "groups": count(2), "w": number(1.25)}),
    "Network.select": (RECURRENT.select, {}),
    "InputOutputHMM": (
        networks.InputOutputHMM,
        {
            "n": count(3, 2, 1),
            "levels": array([0.0, 0.5], [0.5, 0.0], [0.0, 0.0], any_length=True),
            "n_inputs": count(1, 1, 2),
            "allowed": Argument(
                np.ones((3, 3), bool), ["nonsense", object(), np.ones((3, 3)), np.zeros((3, 3), bool), np.ones((2, 2), bool), RAGGED],
            ),
            "accepting": units([0, 1], [], [0, 1, 2]),
            "outputs": array([-1.0, 1.0], [1.0, -1.0], [1.0, 1.0], [0.0, 1.0, 2.0]),
            "start": Argument(1, [3, -1, 0.0, "0", True, [0], float("nan"), object()]),
            "L": count(1),
            "groups": count(2),
        },
    ),
    "InputOutputHMM.transitions": (
        HMM.transitions,
        {"theta": array(np.zeros((2, 8)), np.zeros((2, 7))), "inputs": array([[0.5], [-0.5]], [[0.5, 0.5]])},
    ),
    "two_chains": (networks.two_chains, {"length": count(3, 1, 1001), "cross": flag(), "wait": flag()}),
    "LocalFeedback": (networks.LocalFeedback, {"n": count(2), "n_inputs": count(1), **ACTIVATIONS}),
    "TimeDelay": (
        networks.TimeDelay,
        {"delays": count(2), "hidden": count(2), "n_inputs": count(1), **ACTIVATIONS},
    ),
    "Recurrent": (
        networks.Recurrent,
        {
            "n": count(3),
            "n_inputs": count(2),
            "activation": choice("tanh"),
            "input_to": units([0, 1], []),
            "train_input": flag(True),
            "output": count(1, 0, 3),
            "bias": units([1], None, 1),
            "same_step": units([(1, 0)], [(0, 1)], [(1, 1)], [(3, 0)], [(1, 0, 0)], None),
        },
    ),
    "Network.views": (LOCAL.views, {"theta": array(THETA, THETA.tolist(), complex_ok=True)}),
    "Network.pack": (
        RECURRENT.pack,
        {"W": array(np.ones((2, 3, 3)), complex_ok=True), "U": array(np.ones((2, 3, 1)), complex_ok=True)},
    ),
    "Network.initial": (RECURRENT.initial, {"runs": count(2), "rng": rng(), "scale": number(0.5, -0.1, 1e308)}),
    "Network.run": (
        networks.LatchNeuron(3).run,
        {
            "theta": array(np.ones((2, 7)), complex_ok=True),
            "inputs": array(
                np.ones((2, 4, 5, 1)), np.ones((3, 4, 5, 1)), np.ones((2, 4, 2, 1)), complex_ok=True
            ),
            "groups": array([[0, 1, 0, 1]], [[0, 1, 0, 2]], [[0, 1, 0, -1]], [[0, 1]], np.zeros((3, 4), int)),
            "x0": array(np.zeros((1, 4, 1)), np.zeros((3, 4, 1)), np.zeros((2, 3, 1)), complex_ok=True),
        },
    ),
    # tasks
    "Batch": (
        tasks.Batch,
        {
            "inputs": array(np.ones((2, 4, 5, 1)), np.ones((3, 4, 5, 1)), any_length=True, complex_ok=True),
            "lengths": array(np.full((2, 4), 5), np.full((2, 4), 6), np.full((2, 4), 0), np.full((3, 4), 5)),
            "targets": array(np.ones((2, 4)), np.ones((2, 4, 4)), np.ones((3, 4))),
            "groups": array(np.zeros((2, 4), int), np.full((2, 4), -1), np.zeros((3, 4), int)),
        },
    ),
    "Batch.select": (BATCH.select, {"runs": array([1, 0], [2], [-1], any_length=True)}),
    "Batch.pick": (
        BATCH.pick,
        {"rows": array([[0, 1], [2, 3]], [[4]], [[-1]], np.zeros((3, 2), int), any_length=True)},
    ),
    "last": (
        tasks.last,
        {
            "outputs": array(np.ones((2, 4, 5)), any_length=True, complex_ok=True),
            "lengths": array(np.full((2, 4), 5), np.full((2, 4), 6), np.full((3, 4), 5)),
        },
    ),
    "Latch": (tasks.Latch, {**TASK, **TARGET, "L": count(3, 1, 6, 7)}),
    "TwoSequence": (
        tasks.TwoSequence,
        {
            **TASK,
            **TARGET,
            "N": count(3, 1, 7),
            "prototypes": array([[1.0, 0, 0], [0, 0, 0]], np.zeros((2, 3)), None, np.ones((2, 4))),
        },
    ),
    "Parity": (tasks.Parity, {**TASK, "noise": array(0.2, -0.1, 0.58, [0.1, 0.6], scalar=True)}),
    "_NoisyTask.sample": (LATCH.sample, {"rng": rng(), "size": count(4), "runs": count(2), "common": flag()}),
    "Task.correct": (
        LATCH.correct,
        {
            "outputs": array(np.ones((2, 4)), any_length=True),
            "targets": array(np.ones((2, 4)), np.ones((3, 4))),
        },
    ),
    "SquaredError": (tasks.SquaredError, {}),
    "SquaredError.value": (
        COST.value,
        {
            "o": array(np.ones((2, 4)), shaped=False, complex_ok=True),
            "d": array(np.ones((2, 4)), np.ones((2, 3)), shaped=False),
        },
    ),
    "SquaredError.derivative": (
        COST.derivative,
        {
            "o": array(np.ones((2, 4)), shaped=False, complex_ok=True),
            "d": array(np.ones((2, 4)), np.ones((2, 3)), shaped=False),
        },
    ),
    "SquaredError.curvature": (
        COST.curvature,
        {
            "o": array(np.ones((2, 4)), shaped=False, complex_ok=True),
            "d": array(np.ones((2, 4)), np.ones((2, 3)), shaped=False),
        },
    ),
    # gradients
    "bptt": (gradients.bptt, GRADIENT),
    "hessian": (gradients.hessian, {**GRADIENT, "step": number(1e-100, 0, -1.0, 1e-301, 1.1e-8)}),
    "second_derivatives": (gradients.second_derivatives, SECOND),
    "instance_derivatives": (gradients.instance_derivatives, SECOND),
    "weighted_by_time": (
        gradients.weighted_by_time,
        {**SECOND, "mu": array([0.1, 0.2], 0, -0.1, [0.1, 0.0], scalar=True)},
    ),
    "rtrl": (gradients.rtrl, GRADIENT),
    "truncated_bptt": (gradients.truncated_bptt, {**GRADIENT, "window": count(2)}),
    "local_feedback": (gradients.local_feedback, {**GRADIENT, "network": only(LOCAL, RECURRENT)}),
    "complex_step": (gradients.complex_step, {**GRADIENT, "step": number(1e-100, 0, -1.0, 1e-301, 1.1e-8)}),
    "lag_contributions": (gradients.lag_contributions, GRADIENT),
    "lag_shares": (gradients.lag_shares, {"contributions": array(np.ones((2, 3, 4)), any_length=True)}),
    "LagShares.recent": (gradients.lag_shares(np.ones((2, 3, 4))).recent, {"lags": count(2)}),
    "LagShares.reach": (gradients.lag_shares(np.ones((2, 3, 4))).reach, {"share": number(0.9, 0, 1, -0.5, 2)}),
    "jacobians": (gradients.jacobians, {"trajectory": only(LOCAL.run(THETA, BATCH.inputs))}),
    "jacobian_products": (gradients.jacobian_products, {"trajectory": only(LOCAL.run(THETA, BATCH.inputs))}),
    # learners
    "Budget": (learners.Budget, {name: count(9) for name in ("evaluations", "presentations", "unit_steps")}),
    "Problem": (
        learners.Problem,
        {
            "task": only(LATCH),
            "network": only(LOCAL, networks.Recurrent(2, 2), networks.LatchNeuron(w=[1.0, 2, 3])),
            "runs": count(2),
            "rng": rng(),
            "budget": only(learners.Budget(evaluations=3)),
            "training_size": count(4),
            "test_size": count(4),
            "test_task": only(LATCH),
            "tolerance": number(0.1, -0.1, 1.1),
            "common": flag(),
            "units": count(3),
        },
    ),
    "Problem.affords": (lambda size: problem(LOCAL).affords(size), {"size": count(2, 1, 5)}),
    "Problem.draw": (lambda size: problem(LOCAL).draw(size), {"size": count(2, 1, 5)}),
    "Problem.test": (
        lambda **given: problem(LOCAL).test(**given),
        {"theta": array(THETA, THETA[:1]), "overflow_ends": flag()},
    ),
    "Problem.gradient": (
        lambda **given: problem(LOCAL, common=True).gradient(**given),
        {
            "theta": array(THETA, THETA[:1]),
            "batch": only(BATCH),
            "algorithm": Argument(gradients.bptt, [None, "bptt", 1, [], object()]),
        },
    ),
    "Problem.judge": (
        lambda outputs: problem(LOCAL).judge(outputs),
        {"outputs": array(np.ones((2, 4)), np.ones((1, 4)))},
    ),
    "Problem.diverge": (
        lambda which: problem(LOCAL).diverge(which),
        {"which": Argument([True, False], [*OTHERS, [1, 0], [True], True, [[True, False]], RAGGED, [], 0.5])},
    ),
    "Problem.end": (
        lambda status, which: problem(LOCAL).end(status, which),
        {
            "status": choice("stuck"),
            "which": Argument([True, False], [*OTHERS, [1, 0], [True], True, [[True, False]], RAGGED, [], 0.5]),
        },
    ),
    "Problem.cost": (
        lambda **given: problem(LOCAL, common=True).cost(**given),
        {"theta": array(THETA, THETA[:1]), "batch": only(BATCH)},
    ),
    "Problem.charge": (
        lambda **given: problem(LOCAL).charge(**given),
        {name: array([1, 2], [-1, 0], [1]) for name in ("evaluations", "presentations", "unit_steps")} | {"end": flag()},
    ),
    "GradientDescent": (
        learners.GradientDescent,
        {
            "rate": array([0.1, 0.2], 0, -0.1, [0.1, 0.0], scalar=True),
            "batch_size": count(2),
            "check_every": count(3),
            "check_growth": number(1.1, 0.9),
            "momentum": array([0.1, 0.2], 1.0, -0.1, [0.1, 1.0], scalar=True),
            "gradient": Argument(gradients.bptt, [None, "bptt", 1, [], object()]),
        },
    ),
    **{
        name: (
            getattr(learners, name),
            {
                "rate": array([0.1, 0.2], 0, -0.1, [0.1, 0.0], scalar=True),
                "mu": array([0.1, 0.2], 0, -0.1, [0.1, 0.0], scalar=True),
                "batch_size": count(2),
                "curvature": choice("exact"),
                "momentum": array([0.1, 0.2], 1.0, -0.1, [0.1, 1.0], scalar=True),
                "check_every": count(3),
                "check_growth": number(1.1, 0.9),
            },
        )
        for name in ("PseudoNewton", "TimeWeightedPseudoNewton")
    },
    "MultiGridSearch": (
        learners.MultiGridSearch,
        {
            "width": array([0.1, 0.2], 0, -0.1, [0.1, 0.0], 1e200, scalar=True),
            "shrink": array([9.0, 1.1], 1, 0.9, [2.0, 1.0], scalar=True),
            "patience": count(9),
            "smallest": number(0.1, 0, 1, -0.5, 2),
            "restart": flag(),
            "batch_size": count(2),
            "check_every": count(3),
            "check_growth": number(1.1, 0.9),
        },
    ),
    "SimulatedAnnealing": (
        learners.SimulatedAnnealing,
        {
            "T0": array([0.1, 0.2], 0, -0.1, [0.1, 0.0], 1e200, scalar=True),
            "v0": array([0.1, 0.2], 0, -0.1, [0.1, 0.0], 1e200, scalar=True),
            "r": array([0.1, 0.2], 0, 1, -0.1, [0.1, 1.0], scalar=True),
            "N_S": count(2),
            "N_T": count(2),
            "c": number(2.0, 0, -1.0),
            "eps": number(0.1, -0.1),
            "N_eps": count(2),
            "box": number(2.0, 0, -1.0, 1e200),
            "goal": number(-1.0),
            "batch_size": count(2),
            "check_every": count(3),
            "check_growth": number(1.1, 0.9),
        },
    ),
    "SimulatedAnnealing.minimise": (
        learners.SimulatedAnnealing(1.0, box=9.0).minimise,
        {
            "cost": Argument(lambda x: (x**2).sum(1), [None, "cost", 1, [], object(), lambda x: x, lambda x: 1.0]),
            "x0": array(np.ones((2, 3)), np.full((2, 3), 10.0), any_length=True),
            "rng": rng(),
            "evaluations": count(5),
        },
    ),
    "ExpectationMaximisation": (
        learners.ExpectationMaximisation,
        {
            "determinant": array([0.1, 0.0], -0.1, [0.1, -0.1], scalar=True),
            "inner": count(3),
            "tolerance": number(1e-6, -1e-6),
            "patience": count(3),
            "restart": number(0.5, -0.5, 101.0),
            "check_every": count(3),
            "check_growth": number(1.1, 0.9),
        },
    ),
    "expectation": (
        learners.expectation,
        {"network": only(HMM, LOCAL), "theta": array(np.zeros((2, 8)), np.zeros((3, 8))), "batch": only(BATCH)},
    ),
    "likelihood_gradient": (
        learners.likelihood_gradient,
        {
            "network": only(HMM, LOCAL),
            "theta": array(np.zeros((2, 8)), np.zeros((3, 8))),
            "batch": only(BATCH),
            "cost": Argument(None),
        },
    ),
    "DiscretePropagation": (
        learners.DiscretePropagation,
        {
            "rate": array([0.1, 0.2], 0, -0.1, [0.1, 0.0], scalar=True),
            "margin": array([0.1, 0.2], 0, -0.1, [0.1, 0.0], scalar=True),
            "bounds": choice("state"),
            "coin": flag(),
            "silent": flag(),
            "batch_size": count(2),
            "check_every": count(3),
            "check_growth": number(1.1, 0.9),
        },
    ),
    "discrete_errors": (
        learners.discrete_errors,
        {
            "trajectory": only(SIGNS, networks.Recurrent(2).run(np.ones((2, 6)), np.ones((1, 3, 4, 1)))),
            "lengths": array([[4, 3, 4]], [[5, 4, 4]], [[0, 4, 4]], any_length=True),
            "high": Argument(np.ones((2, 3), bool), [*OTHERS, np.ones((2, 3)), np.ones((3, 3), bool), True, [True], RAGGED]),
            "draws": array(np.full((4, 2, 2, 3), 0.5), np.full((4, 2, 2, 3), 1.1), np.full((4, 2, 2, 3), -0.1)),
            "margin": array([0.1, 0.2], 0, -0.1, [0.1, 0.0], np.ones(3), scalar=True),
            "bounds": choice("state"),
            "coin": flag(),
            "silent": flag(),
        },
    ),
    "RandomGuessing": (
        learners.RandomGuessing,
        {
            "width": array([0.1, 0.2], 0, -0.1, [0.1, 0.0], 1e200, scalar=True),
            "block": count(9),
            "dtype": Argument(np.float32, [None, "nonsense", b"1", object(), {}, 0, True, [], int, complex, np.float16]),
        },
    ),
    "Learner.train": (
        lambda problem, theta0, rng: learners.GradientDescent(0.1).train(problem, theta0, rng),
        {"problem": only(problem(LOCAL), LATCH, problem(units=1)), "theta0": array(THETA, THETA[:1]), "rng": rng()},
    ),
    # maps
    "Map": (
        dynamics.Map,
        {
            "function": NOT_CALLABLE,
            "n": count(2),
            "jacobian": Argument(np.cos, ["nonsense", b"1", object(), {}, 0, 1.0, True, [], np.ones(3)]),
            "runs": count(2),
            "domain": Argument(
                (-1, 1),
                ["nonsense", object(), print, 1, True, [], (1, -1), (0, float("nan")), (0, 1, 2), (0, [1, 1, 1]), RAGGED],
            ),
        },
    ),
    "Map.__call__": (MAP, {"a": COMPLEX_POINTS}),
    "Map.jacobian": (MAP.jacobian, {"a": POINTS}),
    "Map.orbit": (
        MAP.orbit,
        {
            "a0": COMPLEX_POINTS,
            "steps": count(3),
            "inputs": array(np.zeros((2, 4, 3, 2)), np.zeros((3, 4, 3, 2)), np.zeros((2, 3, 3, 2)), np.zeros((2, 4, 2, 2))),
        },
    ),
    "Map.norm_bounds": (MAP.norm_bounds, {"a": POINTS, "radius": RADIUS, "rng": rng()}),
    "PreActivation": (
        dynamics.PreActivation,
        {
            "W": array(np.ones((2, 3, 3)), np.ones((2, 3, 2)), np.ones((2, 2, 3))),
            "c": array(np.ones((2, 3)), np.ones((3, 3)), np.ones((2, 2))),
            "activation": choice("logistic"),
            "V": array(np.tril(np.ones((2, 3, 3)), -1), np.ones((2, 3, 3)), np.zeros((3, 3, 3)), np.zeros((2, 2, 2))),
        },
    ),
    "PreActivation.of": (
        dynamics.PreActivation.of,
        {"network": only(LOCAL), "theta": array(THETA), "u": array(np.ones((2, 1)), np.ones((3, 1)), np.ones((2, 2)))},
    ),
    "PreActivation.select": (TANH.select, {"runs": array([1, 0], [2], [-1], any_length=True)}),
    "PreActivation.slope": (TANH.slope, {"a": array([0.5, 1.0], shaped=False, complex_ok=True)}),
    "PreActivation.norm_bounds": (
        dynamics.PreActivation(np.ones((2, 2, 2)), V=[[[0.0, 0], [1, 0]]]).norm_bounds,
        {"a": POINTS, "radius": RADIUS, "rng": rng()},
    ),
    "augmented": (
        dynamics.augmented,
        {
            "function": NOT_CALLABLE,
            "n": count(2),
            "n_inputs": count(1),
            "domain": Argument((-1, 1), ["nonsense", 1, True, [], (1, -1), (0, [1, 1])]),
        },
    ),
    "theorem_1": (dynamics.theorem_1, {**BALL, "x": POINTS, "directions": count(3)}),
    "theorem_2": (dynamics.theorem_2, {**BALL, "centre": POINTS, "pairs": count(3)}),
    "theorem_3": (
        dynamics.theorem_3,
        {
            "map": only(TANH, np.tanh),
            "rng": rng(),
            "a0": POINTS,
            "d": RADIUS,
            "steps": count(3),
            "fraction": number(1.0, -0.1),
            "rates": array(np.full((3, 2, 4), 0.5), np.full((2, 2, 4), 0.5), np.full((3, 3, 4), 0.5), np.full((3, 2, 4), -0.1)),
        },
    ),
    "theorem_4": (
        dynamics.theorem_4,
        {
            "map": only(TANH, np.tanh),
            "a0": POINTS,
            "inputs": array(np.zeros((2, 4, 3, 2)), np.zeros((3, 4, 3, 2)), np.zeros((2, 3, 3, 2)), np.zeros((2, 4, 3, 3))),
            "rate": number(0.9, 0.0, 1.0, -0.5),
        },
    ),
    # products of Jacobians
    "path_jacobians": (
        dynamics.path_jacobians,
        {
            "map": only(MAP, np.tanh, dynamics.Map),
            "path": array(np.full((2, 4, 3, 2), 0.5), np.full((2, 4, 1, 2), 0.5), np.full((3, 4, 3, 2), 0.5),
                          np.full((2, 4, 3, 2), 4.5)),
        },
    ),
    "products": (dynamics.products, {"jacobians": array(np.ones((2, 3, 4, 2, 2)), np.full((1, 1, 4, 2, 2), 1e200))}),
    "lyapunov_exponents": (dynamics.lyapunov_exponents, {"jacobians": array(np.ones((2, 3, 4, 2, 2)))}),
    "singular_values": (dynamics.singular_values, {"jacobians": array(np.ones((2, 3, 4, 2, 2)))}),
    # invariant sets
    "periodic_points": (
        dynamics.periodic_points,
        {
            "map": only(MAP, np.tanh, dynamics.Map),
            "low": array([[-2.0, -2.0]] * 2, [-5.0, 0.0], [2.0, 0.0], [[-1.0, -1.0]] * 3, scalar=True),
            "high": array([[2.0, 2.0]] * 2, [5.0, 0.0], [2.0, -2.0], [[1.0, 1.0]] * 3, scalar=True),
            "period": count(2),
            "rng": rng(),
            "starts": count(9),
            "boxes": count(99),
        },
    ),
    "trapping_box": (dynamics.trapping_box, {"map": only(TANH, MAP, LINEAR)}),
    "attractors": (
        dynamics.attractors,
        {
            "map": only(MAP, np.tanh, dynamics.Map),
            "starts": POINTS,
            "steps": count(50),
            "longest": count(3),
            "tolerance": number(1e-7, 0.0, -1e-7, 1.0),
        },
    ),
    # basins and reduced sets
    "basins": (dynamics.basins, {**BASIN, "a": POINTS}),
    "reduced_sets": (dynamics.reduced_sets, {**BASIN, **REDUCED, "a": POINTS}),
    "latched_from": (
        dynamics.latched_from,
        {
            **BASIN,
            **REDUCED,
            "path": array(np.full((2, 4, 3, 2), 0.5), np.full((3, 4, 3, 2), 0.5), np.full((2, 4, 3, 3), 0.5)),
        },
    ),
    "shares": (dynamics.shares, {"label": array([[0, 1, -1]], [[0, 3]], [[-2, 0]], any_length=True), "K": count(3)}),
    "grid": (
        dynamics.grid,
        {"low": array([-1.0, 0.0], [1.0, 0.0]), "high": array([1.0, 2.0], [-1.0, 2.0], [1.0, 0.0]), "points": count(3, 1, 10**4)},
    ),
    "grow_ball": (
        dynamics.grow_ball,
        {
            "map": only(TANH, np.tanh),
            "a0": POINTS,
            "radius": RADIUS,
            "steps": count(3),
            "noise": number(0.1, -0.1),
            "inputs": array(np.zeros((2, 4, 3, 2)), np.zeros((3, 4, 3, 2)), np.zeros((2, 3, 3, 2)), np.zeros((2, 4, 2, 2))),
            "directions": count(8),
            "rng": rng(),
        },
    ),
    # latching: TANH rests at +-(a, a) with a = 2 tanh(a)
    "bearable_input": (
        dynamics.bearable_input,
        {
            "map": only(TANH, np.tanh),
            "path": array(RESTING, RESTING[0], RESTING + 0.1),
            "reach": number(3.0, 0, -1.0),
            "rng": rng(),
        },
    ),
    "breaking_input": (
        dynamics.breaking_input,
        {
            **LATCHED,
            "towards": array(-RESTING[:, :, None], np.zeros((3, 2, 1, 2)), np.zeros((2, 3, 1, 2)), np.zeros((2, 2, 1, 3))),
            "floor": array(np.full((2, 2), 0.1), -0.1, np.ones((3, 2)), np.ones((2, 3)), scalar=True),
            "reach": array(np.full((2, 2), 2.0), 0.0, -0.1, np.ones((3, 2)), np.ones((2, 3)), scalar=True),
            "steps": count(5),
            "directions": count(1, 0),
            "halvings": count(3),
            "rounds": count(2),
        },
    ),
    "lost": (
        dynamics.lost,
        {
            "map": only(TANH, np.tanh),
            "a": ATTRACTING,
            "states": array(-RESTING[:, :, None], np.zeros((3, 2, 1, 2)), np.zeros((2, 3, 1, 2)), np.zeros((2, 2, 1, 3))),
            "settle": count(20, 8),
        },
    ),
    "share_lost": (
        dynamics.share_lost,
        {**LATCHED, **RANDOM, "bound": array(np.full((2, 2), 0.1), -0.1, np.ones((3, 2)), np.ones((2, 3)), scalar=True)},
    ),
    "noise_borne": (
        dynamics.noise_borne,
        {**LATCHED, **RANDOM, "share": number(0.25, 0, 1, -0.5), "reach": number(3.0, 0, -1.0), "halvings": count(3)},
    ),
    "reachable": (
        dynamics.reachable,
        {
            "map": only(dynamics.PreActivation(np.ones((1, 2, 2))), np.tanh, TANH, dynamics.PreActivation(np.ones((1, 3, 3)))),
            "a": array([RESTING[0]], np.full((1, 2, 2), 9.0), np.full((2, 2, 2), 1.0), np.full((1, 2, 1), 1.0)),
            "bound": number(0.1, -0.1),
            "low": array([-4.0, -4.0], [-4.0, 5.0], 4.0, [-4.0] * 3, scalar=True),
            "high": array([4.0, 4.0], [4.0, -5.0], -4.0, [4.0] * 3, scalar=True),
            "cells": count(20, 2),
            "rng": rng(),
        },
    ),
    "Reachable.points": (REACHED.points, {}),
    # dynamics
    "fixed_points": (dynamics.fixed_points, {**WEIGHT, "h": array([0.1, 0.2], np.ones(3), shaped=False)}),
    "stable_state": (dynamics.stable_state, BISTABLE),
    "critical_input": (dynamics.critical_input, {"w": array([1.5, 2.0], 0.5, shaped=False)}),
    "critical_input_bracket": (
        dynamics.critical_input_bracket,
        {**BISTABLE, "steps": count(20), "points": count(20, 2)},
    ),
    "orbit": (
        dynamics.orbit,
        {
            **WEIGHT,
            "h": array([[0.1], [0.2]], 0.5, np.ones((3, 1)), shaped=False),
            "x0": array([0.0, 1.0], 1.5, np.ones(3), shaped=False),
        },
    ),
    "steps_to_switch": (
        dynamics.steps_to_switch,
        {**BISTABLE, "h": array([0.9, 0.9], np.ones(3), shaped=False), "longest": count(100)},
    ),
    "input_to_switch": (dynamics.input_to_switch, {**BISTABLE, "steps": count(20)}),
    "survival": (dynamics.survival, SURVIVAL),
    "survival_monte_carlo": (dynamics.survival_monte_carlo, {**SURVIVAL, "trials": count(5), "rng": rng()}),
}

# What is public and takes nothing from a user that could be checked
TRUSTED = {
    # Results, which lrdlib makes itself
    "Annealed",
    "Ball",
    "Bearable",
    "Broken",
    "Reachable",
    "SingularValues",
    "LagShares",
    "Attractors",
    "PeriodicPoints",
    "Check",
    "Trajectory",
    "Gradient",
    "SecondDerivatives",
    "WeightedByTime",
    "InstanceDerivatives",
    "History",
    "DiscreteErrors",
    "NoDerivative",
    "Expectation",
    "FixedPoints",
    # Abstract: their methods are checked through those who are not
    "Network",
    "Task",
    "Task.sample",
    # For who writes a network, and for lrdlib.gradients
    *(
        f"{family}.{name}"
        for family in ("Network", "FreeInputs", "InputOutputHMM", "LatchNeuron", "NarxNeuron", "LocalFeedback", "TimeDelay", "Recurrent")
        for name in (
            "accumulator",
            "collect",
            "pull_output",
            "pull",
            "state_jacobian",
            "parameter_jacobian",
            "slope",
            "instances",
            "weights",
            "bends",
            "links",
            "sources",
            "net_inputs",
            "fan_in",
            "reach",
        )
    ),
    *(f"InputOutputHMM.{name}" for name in ("add_to", "dense", "features", "log_rows", "prepare")),
    # For who writes what takes a map: checked through those functions
    "Map.points",
    # For who writes a learner
    "Learner",
    "LearningStopped",
    "Step",
    "Problem.record",
    "Problem.history",
}
