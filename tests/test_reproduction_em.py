"""The experiment on EM: its pieces against closed forms, and what its predicates say of made-up results."""

from types import SimpleNamespace

import numpy as np
import pytest

from reproduction.experiments import _ergodicity as ergodicity
from reproduction.experiments import em as experiment
from reproduction.predicates import NOT_REPRODUCED, PARTLY, REPRODUCED, em

CONFIG = {**experiment.QUICK, "runs": 4, "iterations": 8, "test": 50}


@pytest.mark.parametrize("n", [2, 4])
def test_the_coefficient_against_the_products_themselves(n):
    A = np.random.default_rng(0).dirichlet(np.ones(n), (3, 6, n)).transpose(0, 1, 3, 2)
    got = ergodicity.log_dobrushin(A)
    for r in range(3):
        P = np.eye(n)
        for t in range(6):
            P = A[r, t] @ P
            apart = max(0.5 * np.abs(P[:, j] - P[:, k]).sum() for j in range(n) for k in range(n))
            assert got[r, t] == pytest.approx(np.log10(apart), abs=1e-9)


def test_two_states_forget_by_their_determinant_however_long():
    A = np.array([[0.6, 0.3], [0.4, 0.7]])
    got = ergodicity.log_dobrushin(np.broadcast_to(A, (1, 2000, 2, 2)))[0]
    np.testing.assert_allclose(got, np.arange(1, 2001) * np.log10(0.3), rtol=1e-12)


def test_columns_that_are_the_same_leave_nothing():
    A = np.broadcast_to(np.array([[0.5, 0.5], [0.5, 0.5]]), (1, 3, 2, 2))
    assert (ergodicity.log_dobrushin(A) == -np.inf).all()


@pytest.mark.parametrize("name", ergodicity.FAMILIES)
def test_families_are_stochastic(name):
    A = ergodicity.FAMILIES[name](np.random.default_rng(0), 3, 20, 7)
    np.testing.assert_allclose(A.sum(2), 1, rtol=1e-12)
    assert (A >= 0).all() and A.shape == (3, 20, 7, 7)


def test_what_is_nearly_a_permutation_forgets_at_a_known_rate():
    A = ergodicity.permuting(0.1)(np.random.default_rng(0), 2, 30, 5)
    want = np.arange(1, 31) * np.log10(0.9) * np.ones((2, 1))
    np.testing.assert_allclose(ergodicity.log_dobrushin(A), want, rtol=1e-9)


def test_two_chains_never_forget():
    A = ergodicity.chains(np.random.default_rng(0), 2, 50, 7)
    np.testing.assert_allclose(ergodicity.log_dobrushin(A), 0, atol=1e-12)


def test_training_is_counted_and_comparable():
    """The same data and first tables with the term and without; the log-likelihood falls with it only."""
    block = {"part": "train", "model": "parity, 2 states", "T": 10, "repetition": 0}
    plain, term = (experiment.compute(CONFIG, {**block, "c": c}) for c in (0, 1))
    np.testing.assert_array_equal(plain["before"], term["before"])
    assert plain["fell"] == 0 and plain["least"] > 0 and term["fell"] > 0 and term["least"] < 0
    assert plain["steps"] == sum(plain["iterations"] - 1) and (plain["iterations"] <= 8).all()
    assert (term["after"] > plain["after"]).all()


def test_gradient_ascent_starts_where_em_starts():
    block = {"part": "ascent", "model": "parity, 2 states", "T": 10, "rate": 0.03, "repetition": 0}
    plain = experiment.compute(CONFIG, {"part": "train", "model": "parity, 2 states", "T": 10, "c": 0, "repetition": 0})
    np.testing.assert_array_equal(experiment.compute(CONFIG, block)["before"], plain["before"])


def cells(T, c, solved, **more):
    """Cells of 60 runs; `solved` (T, c)."""
    shape = (len(T), len(c))
    filled = {"runs": 60, "steps": 500, "fell": 0, "least": 0.0, "after": -1.0, **more}
    return {"T": np.array(T), "c": np.array(c, float), "solved": np.array(solved),
            **{name: np.array(np.broadcast_to(value, shape)) for name, value in filled.items()}}


def result(small=(0, 30), large=(0, 30), chains=60, fell=0, least=0.0, after=(-50.0, -1.0), connected=-20.0,
           permuting=-0.02):
    """Solved runs of 60 at T = 100, without the term and with it."""
    T, c = [5, 100], [0, 1]
    models = {"parity, 2 states": cells(T, c, [[20, 30], small], fell=[[fell, 90], [fell, 90]],
                                        least=[[least, -1], [0, -1]], after=[[-1, -1], after]),
              "parity, 4 states": cells(T, c, [[20, 30], large]), "7 states": cells(T, c, [[20, 30], large]),
              "two chains": cells(T, [0], [[60], [chains]])}
    names = list(ergodicity.FAMILIES)
    products = np.full((len(names), 2, 1, 3), -0.1)
    for name in ("near uniform", "uniform on the simplex"):
        products[names.index(name)] = connected
    products[names.index("nearly a permutation, 0.001")] = permuting
    return SimpleNamespace(data={"models": models, "families": names, "products": products, "lengths": np.array([50])})


CASES = {
    "em.likelihood_never_falls": (result(), result(fell=1, least=-1e-6)),
    "em.determinant_term_helps": (result(), result(small=(0, 0), large=(0, 0), after=(-50.0, -60.0))),
    "em.credit_diffuses": (result(), result(connected=-0.1, permuting=-5.0, chains=20, small=(30, 0))),
}


@pytest.mark.parametrize("predicate, given, said", [
    ("likelihood_never_falls", {"least": -1e-12}, REPRODUCED),
    ("likelihood_never_falls", {"least": -1e-8}, NOT_REPRODUCED),
    ("determinant_term_helps", {"large": (0, 2)}, PARTLY),  # 2 of 60 may be chance
    ("determinant_term_helps", {"small": (0, 2), "large": (3, 3), "after": (-1.0, -1.0)}, NOT_REPRODUCED),
    ("credit_diffuses", {"connected": -2.0}, PARTLY), ("credit_diffuses", {"large": (20, 0)}, PARTLY),
    ("credit_diffuses", {"chains": 50}, PARTLY),
])
def test_the_predicates(predicate, given, said):
    verdict, text = getattr(em, predicate)(result(**given))
    assert verdict == said and any(digit in text for digit in "0123456789")


def test_numbers_below_the_smallest_are_written():
    assert em._power(-1200.5) == "3.2e-1201" and em._power(-0.301) == "0.5" and em._power(-3.0) == "1.0e-3"


def test_a_weight_that_was_not_run_leaves_the_claim_open():
    without = result()
    without.data["models"]["7 states"] = cells([5, 100], [0], [[60], [60]])
    with pytest.raises(KeyError, match="weight 1.0"):
        em.determinant_term_helps(without)
