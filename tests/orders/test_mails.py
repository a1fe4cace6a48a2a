"""The customer is told once that the order is paid, in the language it was placed in."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from flask import Flask

from storefront.config import Settings
from storefront.core import mail
from storefront.core.db import db, transaction
from storefront.orders import mails
from storefront.orders.models import Order
from storefront.orders.queries import get_order_by_id
from tests.fixtures.factories import make_order
from tests.fixtures.readings import event_kinds


def letters(settings: Settings) -> list[EmailMessage]:
    folder = settings.data_dir / "mail"
    read = [message_from_bytes(path.read_bytes(), policy=default) for path in sorted(folder.glob("*.eml"))]
    return [letter for letter in read if isinstance(letter, EmailMessage)]


def test_the_mail_says_what_was_bought_and_where_to_look(context: Flask, settings: Settings) -> None:
    order = make_order()
    mails.send_confirmation(order.id, settings)
    (letter,) = letters(settings)
    body = letter.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert letter["To"] == "ada@example.com"
    assert order.number in letter["Subject"]
    assert order.lines[0].name in text
    assert "£6.45" in text
    assert f"{settings.base_url}/orders/{order.token}" in text


def test_the_mail_is_sent_once_and_noted(context: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id, sent = make_order().id, []
    monkeypatch.setattr(mails, "send", lambda letter, _: sent.append(letter.key))
    mails.send_confirmation(order_id, settings)
    mails.send_confirmation(order_id, settings)
    assert len(sent) == 1
    assert event_kinds(order_id) == ["placed", "confirmation_sent"]
    assert get_order_by_id(db.session(), order_id).events[-1].facts == {"to": "ada@example.com"}


def test_a_mail_that_was_not_taken_is_not_noted(
    context: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = make_order().id

    def refuse(*_: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(mail, "_keep", refuse)
    with pytest.raises(OSError, match="no route"):
        mails.send_confirmation(order_id, settings)
    assert event_kinds(order_id) == ["placed"]


def test_an_order_without_an_address_gets_no_mail(context: Flask, settings: Settings) -> None:
    order_id = make_order().id
    with transaction() as session:
        session.get_one(Order, order_id).email = ""
    mails.send_confirmation(order_id, settings)
    assert letters(settings) == []
    assert event_kinds(order_id) == ["placed"]


def test_the_mail_speaks_the_language_of_the_order(context: Flask, settings: Settings) -> None:
    order = make_order(locale="zh_Hans")
    letter = mails.confirmation(order, settings)
    assert letter.locale == "zh_Hans"
    assert "英国" in letter.text
