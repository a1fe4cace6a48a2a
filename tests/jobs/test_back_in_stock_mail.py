"""The mail that says a variant is back: from the cron's slot to a real SMTP server, once to each."""

from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage

import pytest
from flask import Flask

from storefront.core.db import db
from storefront.core.outbox import OutboxStatus
from storefront.stock import service as stock
from storefront.stock import waiting
from storefront.stock.models import StockRequest
from tests.fixtures.factories import make_product
from tests.fixtures.servers import free_port
from tests.fixtures.shop import on_every_database
from tests.fixtures.smtp import Postbox, running_smtp
from tests.jobs.rows import row, rows, run, stage

SEND = "stock.send_back"


@pytest.fixture
def post(worker: Flask) -> Iterator[Postbox]:
    """The shop's mail goes to this box."""
    with running_smtp() as box:
        send_to(worker, box.url)
        yield box


def send_to(app: Flask, address: str) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], mail_url=f"smtp://{address}")


def make_gone(name: str = "Tea <Towel> & Tin", variant: str = "Large") -> int:
    """The id of a variant that is sold out."""
    return make_product(name=name, variants=(variant,), stock_level=0).variants[0].id


def look() -> None:
    """What the cron stages each minute."""
    run(stage("stock.tell_waiting")[-1])


def send() -> None:
    """Run every staged mail job, whatever became of it before."""
    for job in rows(SEND):
        run(job.id)


def requests() -> list[StockRequest]:
    db.session.rollback()
    return list(db.session.scalars(db.select(StockRequest).order_by(StockRequest.id)))


def text_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


@on_every_database
def test_who_waits_gets_one_mail_when_goods_arrive(worker: Flask, post: Postbox) -> None:
    variant_id = make_gone()
    waiting.ask(variant_id, "ada@example.com", "en")
    look()
    send()
    assert post.messages == []
    stock.receive(variant_id, 2, "tests")
    for _ in range(3):
        look()
        send()
    (message,) = post.messages
    assert (message["To"], message["Subject"]) == ("ada@example.com", "Back in stock: Tea <Towel> & Tin – Large")
    assert requests()[0].sent_at is not None
    assert {job.status for job in rows(SEND)} == {OutboxStatus.DONE}


def test_the_mail_leads_to_the_product_and_to_the_end_of_such_mails(worker: Flask, post: Postbox) -> None:
    variant_id = make_gone("Café «Mug»")
    waiting.ask(variant_id, "ada@example.com", "en")
    stock.receive(variant_id, 1, "tests")
    look()
    send()
    (message,) = post.messages
    plain, html = text_of(message, "plain"), text_of(message, "html")
    base_url = worker.config["SETTINGS"].base_url
    stop_path = f"/stock-requests/{requests()[0].token}"
    assert base_url + stop_path in plain
    assert f'href="{base_url}{stop_path}"' in html
    product = next(line for line in plain.splitlines() if "/p/" in line).split()[-1]
    assert f'href="{product}"' in html
    client = worker.test_client()
    page = client.get(product.removeprefix(base_url))
    assert (page.status_code, "Add to cart" in page.text) == (200, True)
    assert client.get(stop_path).status_code == 200


def test_names_cannot_write_into_the_mails_page(worker: Flask, post: Postbox) -> None:
    variant_id = make_gone()
    waiting.ask(variant_id, "ada@example.com", "en")
    stock.receive(variant_id, 1, "tests")
    look()
    send()
    html = text_of(post.messages[0], "html")
    assert "Tea &lt;Towel&gt; &amp; Tin" in html
    assert "<Towel>" not in html


def test_each_mail_speaks_the_language_it_was_asked_for_in(worker: Flask, post: Postbox) -> None:
    variant_id = make_gone("Lamp")
    waiting.ask(variant_id, "ada@example.com", "zh_Hans")
    waiting.ask(variant_id, "bob@example.com", "en")
    stock.receive(variant_id, 1, "tests")
    look()
    send()
    languages = {message["To"]: message["Content-Language"] for message in post.messages}
    assert languages == {"ada@example.com": "zh-Hans", "bob@example.com": "en"}
    assert all(f'lang="{message["Content-Language"]}"' in text_of(message, "html") for message in post.messages)


def test_one_mail_however_often_the_job_runs(worker: Flask, post: Postbox) -> None:
    variant_id = make_gone()
    waiting.ask(variant_id, "ada@example.com", "en")
    stock.receive(variant_id, 1, "tests")
    look()
    send()
    run(stage(SEND, request_id=requests()[0].id)[-1])
    assert len(post.messages) == 1


def test_who_was_stopped_gets_nothing_and_nothing_fails(worker: Flask, post: Postbox) -> None:
    variant_id = make_gone()
    waiting.ask(variant_id, "ada@example.com", "en")
    stock.receive(variant_id, 1, "tests")
    look()
    waiting.stop(requests()[0].token)
    send()
    assert post.messages == []
    assert rows(SEND)[0].status is OutboxStatus.DONE


def test_what_is_gone_again_is_not_announced_and_who_waits_waits_on(worker: Flask, post: Postbox) -> None:
    variant_id = make_gone()
    waiting.ask(variant_id, "ada@example.com", "en")
    stock.receive(variant_id, 1, "tests")
    look()
    stock.adjust(variant_id, -1, "tests", "sold over the counter")
    send()
    assert post.messages == []
    stock.receive(variant_id, 1, "tests")
    look()
    send()
    assert len(post.messages) == 1


def test_a_mail_waits_while_the_server_is_down_and_is_then_sent_once(worker: Flask, post: Postbox) -> None:
    variant_id = make_gone()
    waiting.ask(variant_id, "ada@example.com", "en")
    stock.receive(variant_id, 1, "tests")
    look()
    send_to(worker, f"127.0.0.1:{free_port()}")
    send()
    assert (rows(SEND)[0].error or "").startswith("MailNotSent")
    assert requests()[0].sent_at is None
    send_to(worker, post.url)
    send()
    send()
    assert len(post.messages) == 1
    assert row(rows(SEND)[0].id).status is OutboxStatus.DONE


def test_an_address_that_does_not_exist_is_forgotten_and_bothers_nobody(worker: Flask, post: Postbox) -> None:
    variant_id = make_gone()
    for email in ("nobody@example.com", "later@example.com"):
        waiting.ask(variant_id, email, "en")
    stock.receive(variant_id, 1, "tests")
    look()
    send()
    assert [request.email for request in requests()] == ["later@example.com"]
    assert [job.status for job in rows(SEND)] == [OutboxStatus.DONE, OutboxStatus.WAITING]


def test_the_nightly_job_deletes_what_is_over(worker: Flask) -> None:
    waiting.ask(make_gone(), "ada@example.com", "en")
    run(stage("stock.forget_requests")[-1])
    assert len(requests()) == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "KEEP_WAITING", -waiting.KEEP_WAITING)
        run(stage("stock.forget_requests")[-1])
    assert requests() == []
