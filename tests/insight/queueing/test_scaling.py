"""How many workers are wanted from one look to the next: at once more, and fewer only after a while."""

from storefront.insight.queueing.model import Load
from storefront.insight.queueing.scaling import CALM_SECONDS, Bounds, Scaler, Seen

BOUNDS = Bounds(1, 8)


def test_usual_load_asks_for_its_workers_before_anything_waits() -> None:
    scaler = Scaler(BOUNDS, 2.0, Load(1.5, 1.0))
    assert scaler.decide(Seen(0, 0, 0, 100), 1) == 3


def test_rush_that_is_not_usual_is_seen_in_what_comes() -> None:
    scaler = Scaler(BOUNDS, 2.0, Load(0.01, 1.0))
    assert scaler.decide(Seen(0, 0, 0, 0), 1) == 1
    for second in range(1, 121):
        found = scaler.decide(Seen(second, 0, 0, 3 * second), 1)
    assert found == 4, "almost three a second by then, and what the model keeps free"


def test_pile_is_worked_off_within_the_bounds() -> None:
    scaler = Scaler(BOUNDS, 2.0, Load(0.01, 1.0))
    assert scaler.decide(Seen(0, 60, 3.0, 0), 1) == 3
    assert scaler.decide(Seen(1, 6000, 3.0, 0), 1) == 8


def test_rows_that_lie_in_rq_count_when_they_have_lain_for_too_long() -> None:
    scaler = Scaler(BOUNDS, 2.0)
    assert scaler.decide(Seen(0, 5, 0.0, 0), 1) == 1
    assert scaler.decide(Seen(2, 5, 0.0, 0), 1) == 1
    assert scaler.decide(Seen(3, 5, 0.0, 0), 1) == 2
    assert scaler.decide(Seen(4, 0, 0.0, 0), 2) == 2
    assert scaler.decide(Seen(5, 5, 0.0, 0), 2) == 2, "another pile"


def test_fewer_are_wanted_one_by_one_and_only_after_a_calm_time() -> None:
    scaler = Scaler(BOUNDS, 2.0, Load(0.01, 1.0))
    found = {second: scaler.decide(Seen(second, 0, 0, 0), 4) for second in range(int(CALM_SECONDS) + 2)}
    assert [second for second, wanted in found.items() if wanted == 3] == [CALM_SECONDS]
    assert set(found.values()) == {3, 4}


def test_calm_that_is_broken_begins_anew() -> None:
    scaler = Scaler(BOUNDS, 2.0, Load(0.01, 1.0))
    assert scaler.decide(Seen(0, 0, 0, 0), 2) == 2
    assert scaler.decide(Seen(CALM_SECONDS - 1, 60, 9.0, 0), 2) == 3
    assert scaler.decide(Seen(CALM_SECONDS, 0, 0, 0), 3) == 3
    assert scaler.decide(Seen(CALM_SECONDS + 1, 0, 0, 0), 3) == 3


def test_bounds_hold_whatever_is_asked_for() -> None:
    assert Scaler(Bounds(2, 2), 2.0, Load(100, 1.0)).decide(Seen(0, 9999, 99, 0), 2) == 2
    assert Scaler(Bounds(2, 4), 2.0).decide(Seen(0, 0, 0, 0), 2) == 2
