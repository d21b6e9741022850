"""The experiment on discrete errors: its closed forms by other means, and what its predicates say."""

from types import SimpleNamespace

import numpy as np
import pytest

from reproduction.experiments import discrete_error as experiment
from reproduction.predicates import NOT_REPRODUCED, PARTLY, REPRODUCED, discrete

CONFIG = {**experiment.EXPERIMENT.config("quick"), "repeats": 3000, "loop_lags": 6, "nets": 30, "copies": 20, "runs": 6,
          "presentations": 60, "net_T": 12, "curve_tests": 10, "T": 30}


def chain(ratio, lags, first):
    """P(wish for the other side) by lag, summed over all histories of 'asked' and 'lost'."""
    P = np.array([[(1 + 1 / ratio) / 2, 0.5], [(1 - 1 / ratio) / 2, 0.5]])  # to (asked, lost) from (asked, lost)
    p, out = np.array([first, 1 - first]), []
    for _ in range(lags + 1):
        out.append(p[0])
        p = P @ p
    return np.array(out)


@pytest.mark.parametrize("ratio", [1.0, 1.3, 4.0])
def test_closed_forms_are_those_of_the_markov_chain(ratio):
    lags = np.arange(9)
    wrong, right = chain(ratio, 8, 1.0), chain(ratio, 8, 0.0)
    np.testing.assert_allclose(experiment.agreement(ratio, lags), 2 * wrong - 1, rtol=1e-12)
    np.testing.assert_allclose(experiment.influence(ratio, lags), wrong - right, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_the_loop_is_the_markov_chain(ratio):
    found = experiment.compute(CONFIG, {"part": "loop", "ratio": ratio})
    assert found["ratio_seen"] == pytest.approx(ratio)
    n = CONFIG["repeats"]
    for name, first in (("against", 1.0), ("against_right", 0.0)):
        p = chain(ratio, 6, first)
        assert (np.abs(found[name] / n - p) <= 4.5 * np.sqrt(p * (1 - p) / n) + 1e-12).all()
    alive = ((1 + 1 / ratio) / 2) ** np.arange(7)
    assert (np.abs(found["alive_without_coin"] / n - alive) <= 4.5 * np.sqrt(alive * (1 - alive) / n) + 1e-12).all()
    assert found["least"] == found["most"] == 2  # from 1 to -lambda, lambda = w = 1


def test_the_gradient_beside_it_is_that_of_the_neuron_at_rest():
    found = experiment.noise({**CONFIG, "repeats": 400}, {"w": 2.0}, np.random.default_rng(0))
    xbar = 0.9575040
    decay = np.log(found["gradient"][20] / found["gradient"][0]) / 20
    assert decay == pytest.approx(np.log(2 * (1 - xbar**2)), abs=0.05)
    assert found["size"][0] == pytest.approx(3, abs=0.02) and found["against"][0] == 400


def test_at_lag_0_only_the_output_is_asked():
    found = experiment.compute(CONFIG, {"part": "net", "scale": 2.0})
    assert found["owed"][0] == pytest.approx(0.2)  # the output alone, for certain
    assert found["gradient"][0] == 1 and len(found["owed"]) == CONFIG["net_T"]


def test_pulses():
    batch = experiment.Pulses(20).sample(np.random.default_rng(0), 50, 3)
    large = np.abs(batch.inputs[..., 0]) == 1
    assert large[:, :, 0].all() and 1.5 < large.sum(2).mean() < 4.5
    for r, k in np.ndindex(3, 50):
        assert batch.targets[r, k] == 0.8 * batch.inputs[r, k, np.flatnonzero(large[r, k])[-1], 0]


def test_training_and_curves_are_counted():
    trained = experiment.compute(CONFIG, {"part": "train", "kind": "latch", "T": 5})
    assert 0 <= trained["solved"] <= 6 and (trained["presentations"] <= 60).all()
    found = experiment.compute(CONFIG, {"part": "curve", "learner": "discrete 1"})
    assert found["jumps"] <= found["intervals"] <= 6 * 60 and 0 <= found["rises"] <= 6


def result(end=0.9, agreed=0.9, slope=1e-20, latch=99, pulses=80, jumps=(30, 10), rises=(90, 40), up=5000,
           ratios=(1.0, 2.0), off=0.0, change=0.0):
    n, lags = 10_000, np.arange(21)
    agreement = {r: experiment.agreement(r, lags) - off * (lags > 5) for r in ratios}
    loop = [{"ratio": r, "against": np.round((1 + agreement[r]) / 2 * n).astype(int),
             "against_right": np.full(21, n // 2), "tossed": 10_000, "up": up, "least": 2.0, "most": 2.0 + change}
            for r in agreement]
    noise = [{"w": 2.0, "size": np.append(1.0, np.full(100, end)), "gradient": np.geomspace(1, slope, 101),
              "against": np.append(n, np.full(100, int(agreed * n)))}]
    train = [{"kind": kind, "T": 5, "solved": k} for kind, k in (("latch", latch), ("pulses", pulses))]
    curve = [{"learner": f"{kind} 1", "solved": 50, "jumps": jumps[k] * 10, "intervals": 1000, "rises": rises[k]}
             for k, kind in enumerate(("discrete", "descent"))]
    net = [{"scale": 0.5, "owed": np.array([0.2, 0.02, 0.01, 0.0, 0.0, 0.0])}]
    return SimpleNamespace(data={"loop": loop, "noise": noise, "train": train, "curve": curve, "net": net, "repeats": n,
                                 "runs": 100, "presentations": 1000})


CASES = {
    "discrete.does_not_decay": (result(), result(end=0.1, agreed=0.5, slope=1e-3)),
    "discrete.flip_flop": (result(), result(latch=40, pulses=10)),
    "discrete.curve_is_irregular": (result(), result(jumps=(10, 10), rises=(40, 40))),
    "discrete.coin": (result(), result(up=8000, off=0.9, ratios=(1.0, 1.0))),
}


@pytest.mark.parametrize("predicate, given, said", [
    ("does_not_decay", {}, REPRODUCED), ("does_not_decay", {"end": 0.3}, PARTLY),
    ("does_not_decay", {"agreed": 0.7}, PARTLY), ("does_not_decay", {"slope": 1e-3}, PARTLY),
    ("does_not_decay", {"end": 0.1, "agreed": 0.5, "slope": 1e-3}, NOT_REPRODUCED),
    ("flip_flop", {"latch": 80}, PARTLY), ("flip_flop", {"pulses": 50}, PARTLY),
    ("curve_is_irregular", {"jumps": (19, 10)}, PARTLY), ("curve_is_irregular", {"rises": (50, 45)}, PARTLY),
    ("coin", {"up": 5400}, PARTLY), ("coin", {"off": 0.1}, PARTLY), ("coin", {"change": 0.1}, PARTLY),
])
def test_the_predicates(predicate, given, said):
    assert getattr(discrete, predicate)(result(**given))[0] == said
