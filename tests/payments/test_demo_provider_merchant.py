"""The merchant's page at the provider: what it says, what its buttons do, and that nobody else gets there."""

import re
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from tests.contracts.gateway_demo import Demo, make_demo
from tests.payments.calls import create, hold


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return make_demo(tmp_path / "provider.sqlite3")


def path_of(demo: Demo, payment_ref: str) -> str:
    return demo.provider.dashboard.url(payment_ref).removeprefix("http://shop.example/demo-pay")


def press(demo: Demo, payment_ref: str, choice: str = "") -> TestResponse:
    """Press a button, or only look; gives the page as it is then."""
    client, path = Client(demo.provider), path_of(demo, payment_ref)
    if choice:
        answer = client.post(path, data={"choice": choice}, headers={"Sec-Fetch-Site": "same-origin"})
        assert (answer.status_code, answer.headers["Location"]) == (303, path)
    return client.get(path)


def buttons(page: TestResponse) -> list[str]:
    return re.findall(r'value="([a-z_]+)"', page.text)


@pytest.mark.parametrize(
    ("make", "choices", "states"),
    [
        (create, ["refund_half", "refund"], ["Received: £30.00", "Given back: £15.00", "Given back: £30.00"]),
        (create, ["dispute", "win"], ["Received: £30.00", "Disputed: the money is gone", "won by the shop"]),
        (create, ["dispute", "lose"], ["Received: £30.00", "Disputed: the money is gone", "lost by the shop"]),
        (hold, ["capture"], ["Held, not taken yet", "Received: £30.00"]),
        (hold, ["release"], ["Held, not taken yet", "Cancelled"]),
        (lambda demo: create(demo, "pm_bacsDebit_success"), ["settle"], ["Waiting for the bank", "Received: £30.00"]),
    ],
)
def test_buttons_do_what_they_say_and_the_page_tells(
    demo: Demo, make: Any, choices: list[str], states: list[str]
) -> None:
    payment_ref = make(demo).id
    page = press(demo, payment_ref)
    assert states[0] in page.text
    for choice, state in zip(choices, states[1:], strict=True):
        assert choice in buttons(page)
        page = press(demo, payment_ref, choice)
        assert state in page.text
        assert choice not in buttons(page) or choice == "refund_half"


def test_what_is_no_longer_possible_is_not_done(demo: Demo) -> None:
    payment_ref = create(demo).id
    for choice in ("refund", "refund", "capture", "release", "dispute", "win", "settle", "nonsense"):
        press(demo, payment_ref, choice)
    intent = demo.api.payment_intents.retrieve(payment_ref, {"expand": ["latest_charge"]})
    assert (intent.status, intent.latest_charge.amount_refunded) == ("succeeded", 3000)
    assert demo.api.disputes.list().data == []
    assert "There is nothing left to do" in press(demo, payment_ref).text


@pytest.mark.parametrize("forged", ["{ref}", "{ref}.", "{ref}.0000", "{other}.{token}", "pi_none.{token}"])
def test_an_address_that_is_not_signed_shows_nothing(demo: Demo, forged: str) -> None:
    payment_ref, other = create(demo).id, create(demo).id
    token = path_of(demo, payment_ref).partition(".")[2]
    path = f"/payments/{forged.format(ref=payment_ref, other=other, token=token)}"
    page = Client(demo.provider).get(path)
    assert (page.status_code, "£30.00" in page.text) == (404, False)
    Client(demo.provider).post(path, data={"choice": "refund"})
    assert demo.api.refunds.list().data == []


def test_a_form_from_another_site_does_nothing(demo: Demo) -> None:
    path = path_of(demo, create(demo).id)
    answer = Client(demo.provider).post(path, data={"choice": "refund"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert demo.api.refunds.list().data == []
