"""What every gateway promises, over the demo provider and, when a test key is given, over the real service."""

import os
import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from storefront.payments.gateway import (
    Gateway,
    GatewayRejected,
    PaymentStatus,
    SessionLine,
    SessionRequest,
)
from storefront.payments.stripe_gateway import CHECKOUT_ORIGIN, StripeGateway
from tests.contracts.gateway_demo import make_demo, make_request

KEY = os.environ.get("STRIPE_SECRET_KEY", "")
REAL = pytest.param(
    "stripe",
    marks=[
        pytest.mark.stripe,
        pytest.mark.skipif(not KEY.startswith("sk_test_"), reason="needs STRIPE_SECRET_KEY=sk_test_..."),
    ],
)


@pytest.fixture(params=["demo", REAL])
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Gateway:
    if request.param == "stripe":
        return StripeGateway(KEY, ["whsec_unused"])
    return make_demo(tmp_path / "provider.sqlite3").gateway


@pytest.fixture
def order() -> SessionRequest:
    """Keys are kept for a day by the real service, so every test has its own."""
    return make_request(idempotency_key=f"contract-{secrets.token_hex(12)}")


def single(order: SessionRequest, currency: str, amount_minor: int) -> SessionRequest:
    line = SessionLine(name="Lamp", quantity=1, unit_minor=amount_minor)
    return replace(order, currency=currency, amount_minor=amount_minor, lines=(line,), shipping_minor=0)


def test_a_started_session_is_open_and_asks_for_the_total_of_the_order(gateway: Gateway, order: SessionRequest) -> None:
    result = gateway.start(order)
    state = gateway.look_up(result.session_id)
    assert state.status is PaymentStatus.CREATED
    assert state.is_session_open
    assert (state.amount_minor, state.currency) == (3147, "GBP")
    assert (state.order_number, state.attempt_id) == ("LR-7K2M9", 41)
    assert (state.is_live, state.decline_code) == (False, None)


def test_the_page_is_at_the_address_that_forms_may_redirect_to(gateway: Gateway, order: SessionRequest) -> None:
    url = gateway.start(order).url
    assert url.startswith(CHECKOUT_ORIGIN if gateway.name == "stripe" else "http://shop.example/demo-pay/pay/")


@pytest.mark.parametrize(
    ("currency", "amount_minor"),
    [("GBP", 1999), ("GBP", 30), ("JPY", 5001), ("KWD", 512), ("KWD", 4097), ("ISK", 4321), ("UGX", 40321)],
)
def test_amounts_agree_to_the_minor_unit(
    gateway: Gateway, order: SessionRequest, currency: str, amount_minor: int
) -> None:
    result = gateway.start(single(order, currency, amount_minor))
    state = gateway.look_up(result.session_id)
    assert (state.amount_minor, state.currency) == (amount_minor, currency)


def test_lines_that_do_not_add_up_are_shown_as_one_sum(gateway: Gateway, order: SessionRequest) -> None:
    discounted = replace(order, amount_minor=2500)
    assert gateway.look_up(gateway.start(discounted).session_id).amount_minor == 2500


def test_more_lines_than_the_page_takes_are_shown_as_one_sum(gateway: Gateway, order: SessionRequest) -> None:
    lines = tuple(SessionLine(name=f"Button {number}", quantity=1, unit_minor=10) for number in range(101))
    many = replace(order, lines=lines, amount_minor=1010 + 395)
    assert gateway.look_up(gateway.start(many).session_id).amount_minor == 1405


@pytest.mark.parametrize("locale", ["en", "zh_Hans", "pt_BR", "tlh"])
def test_every_locale_opens_a_page(gateway: Gateway, order: SessionRequest, locale: str) -> None:
    assert gateway.start(replace(order, locale=locale)).url


def test_starting_again_with_the_same_key_gives_the_same_session(gateway: Gateway, order: SessionRequest) -> None:
    assert gateway.start(order) == gateway.start(order)


def test_another_order_under_a_used_key_is_refused(gateway: Gateway, order: SessionRequest) -> None:
    gateway.start(order)
    with pytest.raises(GatewayRejected) as refused:
        gateway.start(replace(order, email="eve@example.org"))
    assert refused.value.facts["reason"] == "idempotency_error"


def test_another_key_opens_another_session(gateway: Gateway, order: SessionRequest) -> None:
    other = replace(order, idempotency_key=f"{order.idempotency_key}-2")
    assert gateway.start(order).session_id != gateway.start(other).session_id


def test_a_cancelled_session_is_closed_for_good(gateway: Gateway, order: SessionRequest) -> None:
    session_id = gateway.start(order).session_id
    state = gateway.cancel(session_id, f"{order.idempotency_key}-cancel")
    assert (state.status, state.is_session_open) == (PaymentStatus.CANCELED, False)
    assert gateway.look_up(session_id) == state


@pytest.mark.parametrize("suffix", ["-cancel", "-cancel-again"])
def test_cancelling_twice_is_no_error(gateway: Gateway, order: SessionRequest, suffix: str) -> None:
    session_id = gateway.start(order).session_id
    first = gateway.cancel(session_id, f"{order.idempotency_key}-cancel")
    assert gateway.cancel(session_id, f"{order.idempotency_key}{suffix}") == first


def test_an_unknown_session_is_refused(gateway: Gateway) -> None:
    with pytest.raises(GatewayRejected) as refused:
        gateway.look_up("cs_test_there_is_none")
    assert refused.value.facts["reason"] == "resource_missing"


def test_an_amount_below_the_minimum_is_refused(gateway: Gateway, order: SessionRequest) -> None:
    with pytest.raises(GatewayRejected) as refused:
        gateway.start(single(order, "GBP", 29))
    assert refused.value.facts["reason"] == "amount_too_small"


def test_a_broken_email_address_is_refused_with_its_field(gateway: Gateway, order: SessionRequest) -> None:
    with pytest.raises(GatewayRejected) as refused:
        gateway.start(replace(order, email="nobody"))
    assert refused.value.facts["param"] == "customer_email"


def test_an_expiry_out_of_range_is_refused_with_its_field(gateway: Gateway, order: SessionRequest) -> None:
    with pytest.raises(GatewayRejected) as refused:
        gateway.start(replace(order, expires_at=order.expires_at.replace(year=order.expires_at.year + 1)))
    assert refused.value.facts["param"] == "expires_at"


def test_a_corrected_order_may_use_the_key_of_a_refused_one(gateway: Gateway, order: SessionRequest) -> None:
    with pytest.raises(GatewayRejected):
        gateway.start(replace(order, email="nobody"))
    assert gateway.start(order).url
