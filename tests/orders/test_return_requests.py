"""Goods that a customer asks to send back: no more than were sent, one answer, and told by mail at each step."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.config import Settings
from storefront.core.db import db, transaction
from storefront.core.mail import Mail
from storefront.orders import return_mails, return_requests, returns
from storefront.orders import service as orders
from storefront.orders.models import Order, OrderReturn, RequestStatus, ReturnReason, ReturnRequest
from storefront.orders.queries import get_order_by_id
from storefront.orders.request_moves import RequestMoved
from storefront.orders.return_requests import AskedTooMany, NothingAsked
from tests.fixtures.factories import make_order
from tests.fixtures.races import at_once
from tests.fixtures.readings import event_kinds, forget, staged, stock_of
from tests.fixtures.shop import on_every_database, post

WHY = ReturnReason.DAMAGED


def sent_order(quantity: int = 3) -> tuple[int, int]:
    """An order that was sent; gives its id and its line's."""
    order = make_order(quantity=quantity)
    order_id, line_id = order.id, order.lines[0].id
    with transaction():
        orders.mark_paid(order_id, "tests")
    orders.fulfil(order_id, "tests")
    return order_id, line_id


def status_of(request_id: int) -> RequestStatus:
    forget()
    return db.session.get_one(ReturnRequest, request_id).status


def left(order_id: int) -> int:
    forget()
    (number,) = return_requests.map_askable(db.session(), get_order_by_id(db.session(), order_id)).values()
    return number


@pytest.mark.usefixtures("context")
def test_nothing_is_asked_of_an_order_that_was_not_sent() -> None:
    order = make_order()
    order_id, line_id = order.id, order.lines[0].id
    with pytest.raises(AskedTooMany):
        return_requests.ask(order_id, {line_id: 1}, WHY, "")


@pytest.mark.usefixtures("context")
def test_no_more_is_asked_for_than_was_sent_and_is_not_asked_for_or_back_already() -> None:
    order_id, line_id = sent_order(3)
    first = return_requests.ask(order_id, {line_id: 2}, WHY, " broken ")
    assert left(order_id) == 1
    with pytest.raises(AskedTooMany) as refused:
        return_requests.ask(order_id, {line_id: 2}, WHY, "")
    assert refused.value.facts["left"] == 1
    return_requests.withdraw(order_id, first)
    assert left(order_id) == 3
    returns.take_back(order_id, "k", {line_id: 2}, is_restocked=True, reason="", actor="tests")
    assert left(order_id) == 1


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("pieces", [{}, {0: 1}, "none", "negative"])
def test_what_is_no_wish_is_refused(pieces: object) -> None:
    order_id, line_id = sent_order()
    wanted = {"none": {line_id: 0}, "negative": {line_id: -1}}.get(str(pieces), pieces)
    with pytest.raises(NothingAsked):
        return_requests.ask(order_id, wanted, WHY, "")  # type: ignore[arg-type]


@on_every_database
def test_of_two_who_ask_for_the_last_piece_one_gets_it(context: Flask) -> None:
    order_id, line_id = sent_order(1)
    race = at_once(context, [lambda: return_requests.ask(order_id, {line_id: 1}, WHY, "")] * 4)
    assert len(race.results) == 1
    assert {type(error) for error in race.errors} == {AskedTooMany}


@on_every_database
def test_a_wish_gets_one_answer(context: Flask) -> None:
    order_id, line_id = sent_order(1)
    wish = return_requests.ask(order_id, {line_id: 1}, WHY, "")
    steps = [
        lambda: return_requests.refuse(order_id, wish, "It was used.", "tests"),
        lambda: return_requests.refuse(order_id, wish, "It was used.", "tests"),
        lambda: return_requests.withdraw(order_id, wish),
    ]
    race = at_once(context, steps)
    assert (len(race.results), {type(error) for error in race.errors}) == (1, {RequestMoved})


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("end", [RequestStatus.REFUSED, RequestStatus.WITHDRAWN, RequestStatus.RECEIVED])
def test_what_is_settled_stays_so(end: RequestStatus) -> None:
    order_id, line_id = sent_order(1)
    wish = return_requests.ask(order_id, {line_id: 1}, WHY, "")
    with transaction() as session:
        session.get_one(ReturnRequest, wish).status = end
    for step in (return_requests.accept, return_requests.refuse):
        with pytest.raises(RequestMoved):
            step(order_id, wish, "", "tests")
    with pytest.raises(RequestMoved):
        return_requests.withdraw(order_id, wish)
    assert status_of(wish) is end


@on_every_database
def test_goods_of_an_accepted_wish_come_back_once(context: Flask) -> None:
    order_id, line_id = sent_order(2)
    variant_id = db.session.scalars(db.select(Order).where(Order.id == order_id)).one().lines[0].variant_id
    wish = return_requests.ask(order_id, {line_id: 2}, WHY, "")
    return_requests.accept(order_id, wish, "By parcel to the shop.", "tests")
    before = stock_of(variant_id or 0)
    back = {"is_restocked": True, "reason": "", "actor": "tests", "request_id": wish}
    for key in ("a", "a"):
        returns.take_back(order_id, key, {line_id: 2}, **back)  # type: ignore[arg-type]
    assert status_of(wish) is RequestStatus.RECEIVED
    assert stock_of(variant_id or 0) == (before[0] + 2, before[1] + 2)
    (came,) = db.session.scalars(db.select(OrderReturn.id))
    assert db.session.get_one(ReturnRequest, wish).return_id == came
    kinds = event_kinds(order_id)
    assert [kind for kind in kinds if kind.startswith("return")] == [
        "return_requested",
        "return_accepted",
        "returned",
        "return_received",
    ]


@pytest.mark.usefixtures("context")
def test_goods_of_a_refused_wish_are_not_taken_in_under_it() -> None:
    order_id, line_id = sent_order(1)
    wish = return_requests.ask(order_id, {line_id: 1}, WHY, "")
    return_requests.refuse(order_id, wish, "No.", "tests")
    with pytest.raises(RequestMoved):
        returns.take_back(order_id, "k", {line_id: 1}, is_restocked=False, reason="", actor="tests", request_id=wish)
    assert left(order_id) == 1, "nothing of it has happened"


@pytest.mark.usefixtures("context")
def test_the_customer_hears_of_each_step_once(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    sent: list[Mail] = []
    monkeypatch.setattr(return_mails, "send", lambda mail, _settings: sent.append(mail))
    order_id, line_id = sent_order(2)
    first = return_requests.ask(order_id, {line_id: 1}, WHY, "")
    return_requests.accept(order_id, first, "To 1 Shop Street.", "tests")
    second = return_requests.ask(order_id, {line_id: 1}, WHY, "")
    return_requests.refuse(order_id, second, "It was used.", "tests")
    returns.take_back(order_id, "k", {line_id: 1}, is_restocked=True, reason="", actor="tests", request_id=first)
    for _ in range(2):
        for job in staged("orders.send_return"):
            return_mails.send_return(job["request_id"], job["status"], settings)
    assert [mail.subject.partition(":")[0].partition(" for ")[0] for mail in sent] == [
        "Your return",
        "Please send it back",
        "Your return",
        "About your return",
        "Your return is here",
    ]
    assert "To 1 Shop Street." in sent[1].text
    assert "To 1 Shop Street." not in sent[4].text
    assert "It was used." in sent[3].text


@pytest.fixture
def order(app: Flask) -> tuple[str, str, int]:
    """Address, number and line of an order that was sent."""
    with app.app_context():
        order_id, line_id = sent_order(2)
        forget()
        found = get_order_by_id(db.session(), order_id)
        return f"/orders/{found.token}", found.number, line_id


def test_a_customer_asks_and_calls_it_off(client: FlaskClient, order: tuple[str, str, int]) -> None:
    path, _number, line_id = order
    assert f"{path}/returns/new" in client.get(path).text
    assert "up to 2" in client.get(f"{path}/returns/new").text
    wrong = [({}, "Choose a reason."), ({"reason": "late"}, "Enter how many pieces you want to send back.")]
    for form, words in wrong:
        assert words in post(client, f"{path}/returns", form).text
    many = post(client, f"{path}/returns", {"reason": "late", f"line-{line_id}": 3})
    assert many.status_code == 422
    asked = post(client, f"{path}/returns", {"reason": "late", f"line-{line_id}": 2, "note": "Too late"})
    assert asked.location == f"{path}#returns"
    page = client.get(path).text
    assert "Waits for our answer" in page
    assert f"{path}/returns/new" not in page
    assert client.get(f"{path}/returns/new").status_code == 303
    again = post(client, f"{path}/returns", {"reason": "late", f"line-{line_id}": 1})
    assert (again.status_code, "can still be sent back" in again.text) == (409, True)
    for _ in range(2):
        post(client, f"{path}/returns/1/withdrawal")
    assert "Taken back by you" in client.get(path).text


def test_the_wish_of_another_order_is_not_called_off(
    app: Flask, client: FlaskClient, order: tuple[str, str, int]
) -> None:
    post(client, f"{order[0]}/returns", {"reason": "late", f"line-{order[2]}": 2})
    with app.app_context():
        other = make_order().token
    post(client, f"/orders/{other}/returns/1/withdrawal")
    assert "Waits for our answer" in client.get(order[0]).text


def test_staff_see_answer_and_take_in(
    app: Flask, client: FlaskClient, sign_in: Callable[..., FlaskClient], order: tuple[str, str, int]
) -> None:
    path, number, line_id = order
    post(client, f"{path}/returns", {"reason": "damaged", f"line-{line_id}": 2, "note": "In pieces"})
    desk, answers = sign_in("packer"), f"/admin/orders/{number}/return-requests/1/answers"
    assert "In pieces" in desk.get("/admin/returns").text
    post(desk, answers, {"verdict": "refuse"})
    assert "Say why" in desk.get("/admin/returns").text
    post(desk, answers, {"verdict": "accept", "answer": "To the shop."})
    assert "To the shop." in client.get(path).text
    assert "In pieces" in desk.get("/admin/returns?status=accepted").text
    form = desk.get(f"/admin/orders/{number}/returns?request=1").text
    assert re.search(rf'name="line-{line_id}"[^>]*value="2"', form)
    sent = {"key": "k", "request_id": "1", f"line-{line_id}": "2", "goods": "restock", "reason": "Broken"}
    assert post(desk, f"/admin/orders/{number}/returns", sent).status_code == 303
    assert "Come back to us" in client.get(path).text
    assert "In pieces" in desk.get("/admin/returns?status=received").text
    late = post(desk, answers, {"verdict": "refuse", "answer": "No."}, follow_redirects=True)
    assert "has moved on" in late.text
    assert post(desk, answers.replace("/1/", "/9/"), {"verdict": "accept"}).status_code == 404
    viewer = sign_in("analyst")
    assert viewer.get("/admin/returns").status_code == 200
    assert post(viewer, answers, {"verdict": "accept"}).status_code == 403
