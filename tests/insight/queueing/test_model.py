"""The queueing model against textbooks, closed forms, its own rules, and a simulation."""

import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from storefront.insight.queueing.gamma import gamma_quantile, gamma_share, normal_tail
from storefront.insight.queueing.model import (
    Load,
    erlang_b,
    erlang_c,
    mean_wait,
    servers_for,
    wait_probability,
    wait_quantile,
    waiting,
)
from tests.insight.queueing.simulation import Draw, constant, exponential, gamma, hyperexponential, lognormal, simulate

LOADS = st.builds(
    Load,
    arrivals_per_second=st.floats(0.001, 50),
    service_seconds=st.floats(0.001, 20),
    arrival_scv=st.floats(0, 6),
    service_scv=st.floats(0, 6),
)


@pytest.mark.parametrize(
    ("trunks", "offered", "blocked"),
    [
        # Traffic tables of the telephone trade (ITU-D, Teletraffic Engineering Handbook): 1 % blocked.
        (1, 0.0101, 0.01),
        (5, 1.36, 0.01),
        (10, 4.46, 0.01),
        (20, 12.03, 0.01),
        (100, 84.1, 0.01),
    ],
)
def test_erlang_b_agrees_with_the_trunk_tables(trunks: int, offered: float, blocked: float) -> None:
    assert erlang_b(trunks, offered) == pytest.approx(blocked, rel=0.02)


def test_clinic_of_gross_and_harris() -> None:
    """Fundamentals of Queueing Theory, example on M/M/c: three doctors, six patients an hour, 20 minutes for each."""
    clinic = Load(6 / 3600, 20 * 60)
    assert erlang_c(3, 2) == pytest.approx(4 / 9)
    assert mean_wait(clinic, 3) == pytest.approx(3600 * 4 / 27)
    assert mean_wait(clinic, 3) * clinic.arrivals_per_second == pytest.approx(8 / 9), "patients that wait"


@given(st.floats(0.01, 0.99))
def test_one_server_has_closed_forms(utilisation: float) -> None:
    load = Load(utilisation, 1)
    assert erlang_c(1, utilisation) == pytest.approx(utilisation)
    assert mean_wait(load, 1) == pytest.approx(utilisation / (1 - utilisation))
    expected = max(0.0, math.log(utilisation / 0.05) / (1 - utilisation))
    assert wait_quantile(load, 1, 0.95) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@given(st.floats(0.01, 0.98), st.floats(0, 6))
def test_one_server_with_random_arrivals_is_pollaczek_and_khinchine(utilisation: float, scv: float) -> None:
    expected = utilisation * (1 + scv) / (2 * (1 - utilisation))
    assert mean_wait(Load(utilisation, 1, 1, scv), 1) == pytest.approx(expected, rel=1e-6)


@given(st.floats(0.05, 1.95))
def test_two_servers_have_a_closed_form(offered: float) -> None:
    """C(2, a) = a^2 / (2 + a)."""
    assert erlang_c(2, offered) == pytest.approx(offered**2 / (2 + offered))


@given(st.integers(1, 60), st.floats(0.01, 0.99))
def test_exponential_waits_follow_erlang(servers: int, utilisation: float) -> None:
    load = Load(servers * utilisation, 1)
    waits = erlang_c(servers, servers * utilisation)
    assert mean_wait(load, servers) == pytest.approx(waits / (servers * (1 - utilisation)))
    within = wait_quantile(load, servers, 0.99)
    if within:
        assert waits * math.exp(-servers * (1 - utilisation) * within) == pytest.approx(0.01, rel=1e-6)


def test_thousands_of_servers_are_no_trouble() -> None:
    assert 0 < erlang_c(20_000, 19_900) < 1
    assert waiting(Load(19_900, 1), 20_000).mean_seconds < 0.01


@given(LOADS, st.integers(1, 200))
def test_facts_lie_within_their_bounds(load: Load, servers: int) -> None:
    found = waiting(load, servers)
    assert 0 <= found.wait_probability <= 1
    assert found.mean_seconds >= 0
    assert (found.mean_seconds == math.inf) == (load.offered >= servers) == (found.p95_seconds == math.inf)
    assert wait_quantile(load, servers, 0.5) <= found.p95_seconds


@given(LOADS, st.integers(1, 100))
def test_another_server_never_makes_anybody_wait_longer(load: Load, servers: int) -> None:
    assume(load.arrival_scv >= 1 or servers != 6)  # There Whitt changes from one formula to another.
    assert mean_wait(load, servers + 1) <= mean_wait(load, servers) * 1.0001
    assert erlang_c(servers + 1, load.offered) <= erlang_c(servers, load.offered)


@given(LOADS, st.floats(1.01, 3), st.integers(1, 50))
@example(Load(1.0, 16.5, 0.03125, 0.0), 1.015625, 17)
def test_more_arrivals_never_wait_less(load: Load, factor: float, servers: int) -> None:
    assert wait_probability(load, servers) <= wait_probability(load.times(factor), servers) + 1e-9


@given(LOADS, st.floats(0, 60))
def test_advice_is_enough_and_one_server_fewer_is_not(load: Load, target: float) -> None:
    servers = servers_for(load, target)
    assert wait_quantile(load, servers, 0.95) <= target
    if servers > 1:
        assert wait_quantile(load, servers - 1, 0.95) > target


def test_nothing_varies_and_nothing_waits() -> None:
    assert waiting(Load(0.9, 1, 0, 0), 1)[2:] == (0, 0, 0)
    assert waiting(Load(0, 1), 3)[1:] == (0, 0, 0, 0)


@given(st.floats(0.05, 4), st.floats(0.001, 0.999))
def test_quantile_of_gamma_is_where_its_share_lies(scv: float, share: float) -> None:
    found = gamma_quantile(share, 7, scv)
    assert gamma_share(1 / scv, found / 7 / scv) == pytest.approx(share, abs=1e-8)


def test_distributions_agree_with_the_tables() -> None:
    # Chi-squared with 4 and 10 degrees of freedom at 5 %, and the normal distribution at 5 %: any table has them.
    assert gamma_quantile(0.95, 4, 2 / 4) == pytest.approx(9.488, abs=0.001)
    assert gamma_quantile(0.95, 10, 2 / 10) == pytest.approx(18.307, abs=0.001)
    assert normal_tail(1.6449) == pytest.approx(0.05, abs=1e-5)


CASES: list[tuple[str, Draw, float, str, Draw, float]] = [
    ("random", exponential, 1, "constant", constant, 0),
    ("random", exponential, 1, "steady", gamma(0.25), 0.25),
    ("random", exponential, 1, "exponential", exponential, 1),
    ("random", exponential, 1, "long-tailed", lognormal(2), 2),
    ("steady", gamma(0.5), 0.5, "constant", constant, 0),
    ("steady", gamma(0.5), 0.5, "exponential", exponential, 1),
    ("in rushes", hyperexponential(2), 2, "steady", gamma(0.25), 0.25),
    ("in rushes", hyperexponential(2), 2, "exponential", exponential, 1),
    ("in rushes", hyperexponential(2), 2, "long-tailed", lognormal(2), 2),
]


@pytest.mark.parametrize("servers", [1, 2, 5])
@pytest.mark.parametrize("utilisation", [0.6, 0.85])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[3]}".replace(" ", "_"))
def test_model_is_within_15_percent_of_the_simulation(
    case: tuple[str, Draw, float, str, Draw, float], utilisation: float, servers: int
) -> None:
    _, arrivals, arrival_scv, _, services, service_scv = case
    told = waiting(Load(servers * utilisation, 1, arrival_scv, service_scv), servers)
    seen = simulate(servers, utilisation, arrivals, services, count=200_000, seed=6)
    assert told.mean_seconds == pytest.approx(seen.mean, rel=0.15)
    assert told.p95_seconds == pytest.approx(seen.p95, rel=0.15, abs=0.2)
