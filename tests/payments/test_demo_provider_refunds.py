"""Refunds: never more than was charged, at once or later, from the shop or from the provider's own site."""

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from stripe import InvalidRequestError

from storefront.payments.demo_provider.store import Store
from tests.contracts.gateway_demo import Demo, make_demo, make_request
from tests.payments.calls import hold, refusal

SETTLE_SECONDS = 60


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return make_demo(tmp_path / "provider.sqlite3")


def paid(demo: Demo, card: str = "") -> str:
    """A session paid by card (31.47 GBP); gives its payment intent."""
    session_id = demo.gateway.start(make_request(idempotency_key=f"order-{len(demo.event_kinds())}")).session_id
    demo.pay(session_id, card)
    return demo.gateway.look_up(session_id).payment_ref or ""


def charge_of(demo: Demo, payment_ref: str) -> Any:
    return demo.api.payment_intents.retrieve(payment_ref, {"expand": ["latest_charge"]}).latest_charge


def test_a_refund_of_all_is_the_default(demo: Demo) -> None:
    payment_ref = paid(demo)
    refund = demo.api.refunds.create({"payment_intent": payment_ref})
    charge = charge_of(demo, payment_ref)
    assert (refund.amount, refund.status, refund.charge) == (3147, "succeeded", charge.id)
    assert (charge.amount_refunded, charge.refunded) == (3147, True)
    assert demo.event_kinds()[-2:] == ["refund.created", "charge.refunded"]


def test_parts_add_up_to_the_charge_and_no_further(demo: Demo) -> None:
    payment_ref = paid(demo)
    given = {"payment_intent": payment_ref, "reason": "requested_by_customer", "metadata": {"refund_id": "9"}}
    refund = demo.api.refunds.create({**given, "amount": 1000})
    assert (refund.reason, refund.metadata.to_dict()) == ("requested_by_customer", {"refund_id": "9"})
    demo.api.refunds.create({"charge": charge_of(demo, payment_ref).id, "amount": 2000})
    error = refusal(lambda: demo.api.refunds.create({"payment_intent": payment_ref, "amount": 148}))
    assert (error.param, error.http_status) == ("amount", 400)
    assert "greater than unrefunded amount" in str(error)
    assert demo.api.refunds.create({"payment_intent": payment_ref}).amount == 147
    assert refusal(lambda: demo.api.refunds.create({"payment_intent": payment_ref})).code == "charge_already_refunded"
    assert charge_of(demo, payment_ref).amount_refunded == 3147


def test_many_refunds_at_once_never_give_back_more_than_was_charged(tmp_path: Path) -> None:
    demo = make_demo(tmp_path / "provider.sqlite3")
    payment_ref = paid(demo)
    start = threading.Barrier(12)
    given: list[int] = []
    refused: list[str | None] = []

    def refund(api: Any) -> None:
        start.wait()
        for _ in range(3):
            try:
                given.append(api.refunds.create({"payment_intent": payment_ref, "amount": 100}).amount)
            except InvalidRequestError as error:
                refused.append(error.param)

    # Each thread is another process's view of the provider.
    views = [make_demo(tmp_path / "provider.sqlite3", demo.clock).api for _ in range(12)]
    threads = [threading.Thread(target=refund, args=(view,)) for view in views]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(given), set(refused)) == (3100, {"amount"})
    assert charge_of(demo, payment_ref).amount_refunded == 3100
    assert len(demo.api.refunds.list({"payment_intent": payment_ref, "limit": 100}).data) == 31


def test_the_store_itself_refuses_more_than_was_charged(demo: Demo, tmp_path: Path) -> None:
    """Even a provider with a mistake in it cannot pay out money that it never took."""
    paid(demo)
    with pytest.raises(sqlite3.IntegrityError), Store(tmp_path / "provider.sqlite3").write() as db:
        db.execute("UPDATE charges SET amount_refunded = amount + 1")


def test_a_repeated_key_refunds_once(demo: Demo) -> None:
    payment_ref = paid(demo)
    given = ({"payment_intent": payment_ref, "amount": 100}, {"idempotency_key": "refund-1"})
    assert demo.api.refunds.create(*given).id == demo.api.refunds.create(*given).id
    assert charge_of(demo, payment_ref).amount_refunded == 100


def test_a_refund_may_take_its_time(demo: Demo) -> None:
    payment_ref = paid(demo, "4000000000007726")
    refund = demo.api.refunds.create({"payment_intent": payment_ref, "amount": 500})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    assert charge_of(demo, payment_ref).amount_refunded == 500
    demo.clock.advance(SETTLE_SECONDS)
    assert demo.api.refunds.retrieve(refund.id).status == "succeeded"
    assert demo.event_kinds()[-1] == "refund.updated"


def test_a_refund_that_comes_back_can_be_given_again(demo: Demo) -> None:
    payment_ref = paid(demo, "4000000000005126")
    refund = demo.api.refunds.create({"payment_intent": payment_ref})
    assert refund.status == "succeeded"
    demo.clock.advance(SETTLE_SECONDS)
    failed = demo.api.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    charge = charge_of(demo, payment_ref)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert demo.event_kinds()[-2:] == ["refund.updated", "refund.failed"]
    assert demo.api.refunds.create({"payment_intent": payment_ref}).amount == 3147


def test_a_refund_of_a_bank_debit_takes_its_time(demo: Demo) -> None:
    session_id = demo.gateway.start(make_request()).session_id
    demo.pay(session_id, choice="debit")
    payment_ref = demo.gateway.look_up(session_id).payment_ref or ""
    assert "successful charge" in str(refusal(lambda: demo.api.refunds.create({"payment_intent": payment_ref})))
    demo.clock.advance(SETTLE_SECONDS)
    assert demo.api.refunds.create({"payment_intent": payment_ref}).status == "pending"


def test_a_refund_from_the_providers_own_site_is_told_like_any_other(demo: Demo) -> None:
    payment_ref = paid(demo)
    refund = demo.provider.dashboard.refund(payment_ref, 700)
    listed = demo.api.refunds.list({"payment_intent": payment_ref}).data
    assert [(one.id, one.amount, one.metadata.to_dict()) for one in listed] == [(refund["id"], 700, {})]
    events = demo.api.events.list({"types": ["refund.created"]}).data
    assert [(event.data.object["id"], event.request.id) for event in events] == [(refund["id"], None)]


@pytest.mark.parametrize("card", ["4000000000000002", "4000000000003220"])
def test_what_was_not_paid_is_not_refunded(demo: Demo, card: str) -> None:
    payment_ref = paid(demo, card)
    error = refusal(lambda: demo.api.refunds.create({"payment_intent": payment_ref}))
    assert "does not have a successful charge" in str(error)


def test_what_is_only_held_is_not_refunded(demo: Demo) -> None:
    held = hold(demo)
    assert "successful charge" in str(refusal(lambda: demo.api.refunds.create({"payment_intent": held.id})))


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"amount": 0}, "amount", "parameter_invalid_integer"),
        ({"amount": -100}, "amount", "parameter_invalid_integer"),
        ({"amount": "1.5"}, "amount", "parameter_invalid_integer"),
        ({"reason": "whim"}, "reason", None),
        ({"charge": "ch_0"}, "charge", None),
        ({"payment_intent": "pi_0"}, "intent", "resource_missing"),
        ({"payment_intent": None}, "payment_intent", "parameter_missing"),
        ({"reverse_transfer": True}, "reverse_transfer", None),
        ({"colour": "red"}, "colour", "parameter_unknown"),
    ],
)
def test_a_wrong_field_is_refused_by_name_and_refunds_nothing(
    demo: Demo, changes: dict[str, Any], param: str, code: str | None
) -> None:
    payment_ref = paid(demo)
    params = {name: value for name, value in ({"payment_intent": payment_ref} | changes).items() if value is not None}
    error = refusal(lambda: demo.api.refunds.create(params))
    assert (error.param, error.code) == (param, code)
    assert charge_of(demo, payment_ref).amount_refunded == 0


def test_refunds_are_found_by_charge_payment_and_time(demo: Demo) -> None:
    one, other = paid(demo), paid(demo)
    first = demo.api.refunds.create({"payment_intent": one, "amount": 1}).id
    demo.clock.advance(10)
    since = int(demo.clock.time)
    second = demo.api.refunds.create({"payment_intent": one, "amount": 2}).id
    third = demo.api.refunds.create({"payment_intent": other, "amount": 3}).id

    def found(**params: Any) -> list[str]:
        return [refund.id for refund in demo.api.refunds.list(params).data]

    assert found() == [third, second, first]
    assert found(payment_intent=one) == [second, first]
    assert found(charge=charge_of(demo, other).id) == [third]
    assert found(created={"gte": since}, payment_intent=one) == [second]
    assert demo.api.refunds.update(first, {"metadata": {"note": "x"}}).metadata.to_dict() == {"note": "x"}
