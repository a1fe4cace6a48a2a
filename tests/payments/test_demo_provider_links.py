"""Payment links: one bill, one address, paid once however many follow it; and customers."""

import threading
from pathlib import Path
from typing import Any

import pytest
from stripe import InvalidRequestError
from werkzeug.test import Client, TestResponse

from tests.contracts.gateway_demo import Demo, make_demo, session_of

LAMP = {"price_data": {"currency": "gbp", "unit_amount": 999, "product_data": {"name": "Lamp"}}, "quantity": 2}
ONCE = {"completed_sessions": {"limit": 1}}


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return make_demo(tmp_path / "provider.sqlite3")


def make_link(demo: Demo, **changes: Any) -> Any:
    return demo.api.payment_links.create({"line_items": [LAMP], "restrictions": ONCE, **changes})


def path_of(link: Any) -> str:
    return str(link.url.removeprefix("http://shop.example/demo-pay"))


def follow(demo: Demo, link: Any, method: str = "POST") -> TestResponse:
    headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en-GB"}
    return Client(demo.provider).open(path_of(link), method=method, headers=headers)


def sessions_of(demo: Demo, link: Any) -> list[Any]:
    return demo.api.checkout.sessions.list({"payment_link": link.id}).data


def test_the_page_says_what_is_paid_and_looking_opens_nothing(demo: Demo) -> None:
    """Programs look at links that people send each other."""
    link = make_link(demo)
    page = follow(demo, link, "GET")
    assert page.status_code == 200
    for text in ("Demo payment – no money moves", "Pay Linden", "£19.98", "Lamp"):
        assert text in page.text
    assert sessions_of(demo, link) == []


def test_a_link_leads_to_a_session_and_hands_down_what_it_knows(demo: Demo) -> None:
    given = {"metadata": {"order": "7"}, "payment_intent_data": {"metadata": {"attempt": "9"}}}
    link = make_link(demo, **given)
    session_id = session_of(follow(demo, link))
    demo.pay(session_id)
    session: Any = demo.api.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent", "payment_link"]})
    assert (session.payment_link.id, session.amount_total, session.payment_status) == (link.id, 1998, "paid")
    assert session.metadata.to_dict() == {"order": "7"}
    assert session.payment_intent.metadata.to_dict() == {"attempt": "9"}
    completed = demo.api.events.list({"type": "checkout.session.completed"}).data[0].data.object
    assert (completed["payment_link"], completed["metadata"]["order"]) == (link.id, "7")


def test_a_link_for_one_payment_closes_when_it_is_paid(demo: Demo) -> None:
    link = make_link(demo, inactive_message="Ask Linden.")
    first, second = session_of(follow(demo, link)), session_of(follow(demo, link))
    assert first != second
    demo.pay(first)
    demo.pay(second)
    assert {session.id: session.status for session in sessions_of(demo, link)} == {first: "complete", second: "expired"}
    closed = demo.api.payment_links.retrieve(link.id)
    assert (closed.active, closed.restrictions.completed_sessions.count) == (False, 1)
    page = follow(demo, link)
    assert page.status_code == 410
    assert "Ask Linden." in page.text
    assert demo.event_kinds().count("checkout.session.completed") == 1


@pytest.mark.parametrize("round_", range(3))
def test_many_who_pay_one_link_at_once_pay_once(tmp_path: Path, round_: int) -> None:
    demo = make_demo(tmp_path / "provider.sqlite3")
    link = make_link(demo)
    opened = [session_of(follow(demo, link)) for _ in range(6)]
    start = threading.Barrier(6)

    def pay(session_id: str) -> None:
        other = make_demo(tmp_path / "provider.sqlite3", demo.clock)
        start.wait()
        other.pay(session_id)

    threads = [threading.Thread(target=pay, args=(session_id,)) for session_id in opened]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(session.status for session in sessions_of(demo, link)) == ["complete", *["expired"] * 5]
    assert len(demo.api.charges.list().data) == 1


def test_a_link_without_limit_is_paid_again_and_again(demo: Demo) -> None:
    link = demo.api.payment_links.create({"line_items": [LAMP]})
    for _ in range(3):
        demo.pay(session_of(follow(demo, link)))
    assert [session.payment_status for session in sessions_of(demo, link)] == ["paid"] * 3
    assert demo.api.payment_links.retrieve(link.id).active


def test_the_shop_closes_and_opens_a_link(demo: Demo) -> None:
    link = make_link(demo)
    assert demo.api.payment_links.update(link.id, {"active": False}).active is False
    assert (follow(demo, link, "GET").status_code, follow(demo, link).status_code) == (410, 410)
    assert sessions_of(demo, link) == []
    assert [one.id for one in demo.api.payment_links.list({"active": False}).data] == [link.id]
    demo.api.payment_links.update(link.id, {"active": True, "metadata": {"order": "8"}})
    assert session_of(follow(demo, link))


@pytest.mark.parametrize(
    ("after", "place"),
    [
        ({"type": "redirect", "redirect": {"url": "https://shop.example/thanks?s={CHECKOUT_SESSION_ID}"}}, None),
        ({"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "Bye!"}}, "Bye!"),
        ({"type": "hosted_confirmation"}, "You may close this page"),
    ],
)
def test_who_has_paid_is_led_on_or_thanked(demo: Demo, after: dict[str, Any], place: str | None) -> None:
    session_id = session_of(follow(demo, make_link(demo, after_completion=after)))
    location = demo.pay(session_id).headers["Location"]
    if place is None:
        assert location == f"https://shop.example/thanks?s={session_id}"
        return
    page = Client(demo.provider).get(location)
    assert "Thank you, it is paid" in page.text
    assert place in page.text


def test_a_form_from_another_site_opens_nothing(demo: Demo) -> None:
    link = make_link(demo)
    answer = Client(demo.provider).post(path_of(link), headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert sessions_of(demo, link) == []


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"line_items": []}, "line_items"),
        ({"line_items": [LAMP | {"price_data": LAMP["price_data"] | {"unit_amount": 1}}]}, "line_items"),
        ({"restrictions": {"completed_sessions": {"limit": 0}}}, "restrictions[completed_sessions][limit]"),
        ({"after_completion": {"type": "redirect"}}, "after_completion[redirect]"),
        (
            {"after_completion": {"type": "redirect", "redirect": {"url": "javascript:x"}}},
            "after_completion[redirect][url]",
        ),
        ({"payment_method_types": ["alipay"]}, "payment_method_types"),
        ({"subscription_data": {"description": "x"}}, "subscription_data"),
    ],
)
def test_a_wrong_field_is_refused_by_name(demo: Demo, changes: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        make_link(demo, **changes)
    assert refused.value.param == param
    assert demo.api.payment_links.list().data == []


def test_customers_are_kept_changed_and_found_by_their_address(demo: Demo) -> None:
    ada = demo.api.customers.create({"email": "ada@example.org", "name": "Ada", "metadata": {"id": "1", "vip": "y"}})
    other = demo.api.customers.create({"email": "ada@example.org"})
    demo.api.customers.create({"email": "Ada@example.org"})
    changed = demo.api.customers.update(ada.id, {"name": "Ada L", "phone": "", "metadata": {"vip": ""}})
    assert (changed.name, changed.email, changed.metadata.to_dict()) == ("Ada L", "ada@example.org", {"id": "1"})
    assert [one.id for one in demo.api.customers.list({"email": "ada@example.org"}).data] == [other.id, ada.id]
    assert demo.api.customers.retrieve(ada.id).name == "Ada L"
    with pytest.raises(InvalidRequestError) as refused:
        demo.api.customers.update(ada.id, {"email": "nobody"})
    assert refused.value.param == "email"


def test_a_customer_goes_with_the_payment(demo: Demo) -> None:
    customer_id = demo.api.customers.create({"email": "ada@example.org"}).id
    params = demo.session_params() | {"customer": customer_id}
    del params["customer_email"]
    session = demo.api.checkout.sessions.create(params)
    assert session.customer_details.email == "ada@example.org"
    demo.pay(session.id)
    assert [one.id for one in demo.api.checkout.sessions.list({"customer": customer_id}).data] == [session.id]
    (intent,) = demo.api.payment_intents.list({"customer": customer_id, "expand": ["data.latest_charge.customer"]}).data
    assert intent.latest_charge.customer.email == "ada@example.org"


@pytest.mark.parametrize(
    ("changes", "param"), [({"customer": "cus_0"}, "customer"), ({"customer_email": "a@b.example"}, "customer_email")]
)
def test_a_customer_who_is_unknown_or_told_twice_is_refused(demo: Demo, changes: dict[str, str], param: str) -> None:
    params = demo.session_params() | {"customer": demo.api.customers.create({}).id}
    del params["customer_email"]
    with pytest.raises(InvalidRequestError) as refused:
        demo.api.checkout.sessions.create(params | changes)
    assert refused.value.param == param
