"""The mail that says an order is paid: in text and HTML, in the order's language, once, by real SMTP."""

from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask
from flask_babel import get_babel

from storefront.core import clock, outbox
from storefront.core.db import db, transaction
from storefront.core.outbox import OutboxStatus
from storefront.orders import service as orders
from storefront.orders.mails import CONFIRMED
from storefront.orders.models import Order
from tests.fixtures.factories import ADDRESS, make_order, make_product
from tests.fixtures.readings import event_kinds
from tests.fixtures.servers import free_port
from tests.fixtures.smtp import Postbox, running_smtp
from tests.jobs.rows import row, rows, run, stage


@pytest.fixture
def box() -> Iterator[Postbox]:
    with running_smtp() as box:
        yield box


@pytest.fixture
def post(worker: Flask, box: Postbox) -> Postbox:
    """The shop's mail goes to this box."""
    send_to(worker, box.url)
    return box


def send_to(app: Flask, address: str) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], mail_url=f"smtp://{address}")


def paid_order(**changes: object) -> Order:
    """An order that was just paid; its mail is staged."""
    order = make_order(**changes)  # type: ignore[arg-type]
    with transaction():
        orders.mark_paid(order.id, "tests")
    return db.session.get_one(Order, order.id)


def send() -> None:
    """Run the staged mail job, whatever became of it before."""
    for job in rows("orders.send_confirmation"):
        run(job.id)


def text_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_mail_tells_in_text_and_html_what_was_bought(worker: Flask, post: Postbox) -> None:
    variant = make_product(name="Tea <Towel> & Tin", variants=("Large", "Small"), price_minor=1250).variants[0]
    order = paid_order(variant=variant, quantity=2)
    send()
    (message,) = post.messages
    assert message.get_content_type() == "multipart/alternative"
    assert (message["To"], message["Subject"]) == (ADDRESS.email, f"Your order {order.number}")
    plain, html = text_of(message, "plain"), text_of(message, "html")
    for body in (plain, html):
        for fact in (order.number, "£25.00", "£3.95", "£28.95", "Standard delivery", "London", "United Kingdom"):
            assert fact in body
        assert f"/orders/{order.token}" in body
    assert "2 x Tea <Towel> & Tin (Large)" in plain
    assert "Tea &lt;Towel&gt; &amp; Tin" in html
    assert "<Towel>" not in html


def test_address_lines_that_are_empty_leave_no_gap(worker: Flask, post: Postbox) -> None:
    paid_order()
    send()
    plain = text_of(post.messages[0], "plain")
    assert "Ada Lovelace\r\n12 St James's Square\r\nSW1Y 4JH London\r\nUnited Kingdom\r\n".replace(
        "\r\n", "\n"
    ) in plain.replace("\r\n", "\n")


def test_mail_speaks_the_language_of_the_order(worker: Flask, post: Postbox, tmp_path: Path) -> None:
    catalogue = Catalog(locale="zh_Hans")
    catalogue.add("Your order %(number)s", "您的订单 %(number)s")
    catalogue.add("Thank you, %(name)s!", "%(name)s，谢谢您！")
    folder = tmp_path / "catalogues" / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    get_babel(worker).translation_directories[:] = [str(tmp_path / "catalogues")]
    order = paid_order(locale="zh_Hans")
    send()
    (message,) = post.messages
    assert message["Subject"] == f"您的订单 {order.number}"
    assert message["Content-Language"] == "zh-Hans"
    assert 'lang="zh-Hans"' in text_of(message, "html")
    for kind in ("plain", "html"):
        assert "Ada Lovelace，谢谢您！" in text_of(message, kind)
        assert "英国" in text_of(message, kind)


def test_mail_is_sent_once_however_often_the_job_runs(worker: Flask, post: Postbox) -> None:
    order = paid_order()
    send()
    with transaction():
        for job in rows("orders.send_confirmation"):
            job.status = OutboxStatus.WAITING
    send()
    run(stage("orders.send_confirmation", order_id=order.id)[-1])
    assert len(post.messages) == 1
    assert event_kinds(order.id).count(CONFIRMED) == 1


def test_mail_job_is_staged_once_for_an_order(worker: Flask) -> None:
    order = paid_order()
    with transaction():
        assert orders.mark_paid(order.id, "tests") is False
    stage("orders.send_confirmation", dedupe_key=f"order-confirmation-{order.id}", order_id=order.id)
    assert len(rows("orders.send_confirmation")) == 1


def test_mail_waits_while_the_server_is_down_and_is_then_sent_once(
    worker: Flask, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = clock.now()
    monkeypatch.setattr("storefront.core.clock.now", lambda: moment)
    order = paid_order()
    (job,) = rows("orders.send_confirmation")
    send_to(worker, f"127.0.0.1:{free_port()}")
    for attempt in (1, 2, 3):
        with transaction() as session:
            assert outbox.claim_due(session) == [(job.id, attempt)]
        run(job.id)
        assert (row(job.id).error or "").startswith("MailNotSent")
        assert CONFIRMED not in event_kinds(order.id)
        moment = row(job.id).due_at
    send_to(worker, box.url)
    run(job.id)
    run(job.id)
    assert row(job.id).status is OutboxStatus.DONE
    assert row(job.id).error is None
    assert len(box.messages) == 1


def test_order_without_an_address_gets_no_mail_and_no_failure(worker: Flask, post: Postbox) -> None:
    order = paid_order()
    with transaction() as session:
        session.get_one(Order, order.id).email = ""
    send()
    assert post.messages == []
    assert rows("orders.send_confirmation")[0].status is OutboxStatus.DONE


def test_mail_repeated_after_a_death_can_be_told_by_its_id(worker: Flask, post: Postbox) -> None:
    """Between the server's "taken" and our note lies a moment that no lock can cover; the id does not change."""
    order = paid_order()

    def die(*_: object, **__: object) -> None:
        raise SystemExit("killed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storefront.orders.mails.service.record", die)
        with pytest.raises(SystemExit):
            send()
    assert CONFIRMED not in event_kinds(order.id)
    send()
    first, second = post.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert order.number.lower() in first["Message-ID"]
