"""Letters: once per time and address, through a real SMTP server, with a way out, and never failing in silence."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from jobs.insight import report_daily, send_report
from storefront.cli import main
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.core.mail import MailNotSent
from storefront.core.outbox import OutboxJob
from storefront.insight.models import ReportKind, ReportMail, ReportRecipient
from storefront.insight.reports import service
from storefront.insight.reports.periods import span_of
from storefront.insight.rollup import rebuild
from storefront.stock.models import StockItem
from tests.fixtures.servers import free_port
from tests.fixtures.shop import on_every_database, post
from tests.fixtures.smtp import Postbox, running_smtp
from tests.insight.sales import BOOKS, sell_history

MONDAY = date(2010, 12, 6)


@pytest.fixture
def box(app: Flask) -> Iterator[Postbox]:
    """The shop's mail goes to this box."""
    with running_smtp() as found:
        send_to(app, found.url)
        yield found


def send_to(app: Flask, address: str) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], mail_url=f"smtp://{address}")


@pytest.fixture
def sold(context: Flask, tmp_path: Path) -> Flask:
    """A shop with a small history."""
    sell_history(tmp_path)
    rebuild(BOOKS)
    return context


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        (ReportKind.DAILY, date(2011, 3, 6), date(2011, 3, 6)),
        (ReportKind.WEEKLY, date(2011, 2, 21), date(2011, 2, 27)),
        (ReportKind.MONTHLY, date(2011, 2, 1), date(2011, 2, 28)),
        (ReportKind.LOW_STOCK, date(2011, 2, 7), date(2011, 3, 6)),
    ],
)
def test_a_letter_is_about_a_time_that_is_over(kind: ReportKind, first: date, last: date) -> None:
    found = span_of(kind, date(2011, 3, 7) if kind is not ReportKind.WEEKLY else date(2011, 3, 6))
    assert (found.first, found.last) == (first, last)


@on_every_database
def test_the_weekly_letter_has_five_facts_and_three_things_to_do_each_with_its_link(sold: Flask, box: Postbox) -> None:
    service.subscribe("Ann@Example.com", ReportKind.WEEKLY, "en")
    (mail_id,) = service.prepare(ReportKind.WEEKLY, MONDAY)
    assert service.send_letter(mail_id, sold.config["SETTINGS"])
    (message,) = box.messages
    text, html = text_of(message, "plain"), text_of(message, "html")
    assert " ".join(message["Subject"].split()) == "Your week: 29 Nov – 5 Dec 2010"
    assert [line[0] for line in text.splitlines() if line[1:3] == ". "] == list("12345")
    assert sum(line.startswith("- ") for line in text.splitlines()) == 3
    assert text.count("/admin/") == html.count("/admin/") == 9
    assert "You sold goods for £44.62 net" in text
    (file,) = message.iter_attachments()
    assert file.get_filename() == "sales-2010-11-29-2010-12-05.csv"
    assert "2010-12-01" in file.get_content()


def test_a_letter_about_a_week_without_sales_has_as_many(context: Flask, box: Postbox) -> None:
    (mail_id,) = service.prepare(ReportKind.WEEKLY, MONDAY, ["ann@example.com"])
    service.send_letter(mail_id, context.config["SETTINGS"])
    text = text_of(box.messages[0], "plain")
    assert "Nothing was sold this week" in text
    assert text.count("/admin/") == 9


@on_every_database
def test_a_letter_is_sent_once_per_time_and_address(sold: Flask, box: Postbox) -> None:
    for _ in range(2):
        for day in (MONDAY, date(2010, 12, 12)):
            for mail_id in service.prepare(ReportKind.WEEKLY, day, ["ann@example.com", "bob@example.com"]):
                service.send_letter(mail_id, sold.config["SETTINGS"])
    assert sorted(box.recipients) == [["ann@example.com"], ["bob@example.com"]]
    for mail_id in service.prepare(ReportKind.WEEKLY, date(2010, 12, 13), ["ann@example.com"]):
        service.send_letter(mail_id, sold.config["SETTINGS"])
    assert len(box.messages) == 3


def test_the_cron_stages_a_job_for_each_recipient_once(
    sold: Flask, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2010, 12, 2, 6, 30, tzinfo=UTC))
    for email in ("ann@example.com", "bob@example.com"):
        service.subscribe(email, ReportKind.DAILY, "en")
    service.stop(recipient("bob@example.com").token)
    for _ in range(2):
        report_daily()
    (job,) = jobs()
    send_report(**job.arguments)
    send_report(**job.arguments)
    assert [message["To"] for message in box.messages] == ["ann@example.com"]


def test_what_could_not_be_sent_is_noted_tried_again_and_seen(
    sold: Flask, box: Postbox, sign_in: Callable[..., FlaskClient]
) -> None:
    send_to(sold, f"127.0.0.1:{free_port()}")
    (mail_id,) = service.prepare(ReportKind.DAILY, date(2010, 12, 2), ["ann@example.com"])
    with pytest.raises(MailNotSent):
        service.send_letter(mail_id, sold.config["SETTINGS"])
    page = sign_in("owner").get("/admin/insight/reports").text
    assert "1 letter could not be sent." in page
    send_to(sold, box.url)
    assert service.send_letter(mail_id, sold.config["SETTINGS"])
    db.session.rollback()
    letter = db.session.get_one(ReportMail, mail_id)
    assert (letter.tries, letter.error, letter.sent_at is not None) == (2, None, True)


def test_the_command_says_by_its_exit_code_that_a_letter_failed(
    sold: Flask, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storefront.insight.refresh.refresh", lambda books: 0)
    arguments = ["daily", "--date", "2010-12-02", "--to", "later@example.com", "--to", "ann@example.com"]
    runner = sold.test_cli_runner()
    failed = runner.invoke(main.commands["report"], arguments)
    assert (failed.exit_code, "1 sent, 1 failed" in failed.output) == (1, True)
    (job,) = jobs()
    assert job.arguments == {"mail_id": letter_to("later@example.com").id}
    again = runner.invoke(main.commands["report"], [*arguments[:3], "--to", "ann@example.com"])
    assert (again.exit_code, "0 sent, 0 failed, 1 sent before" in again.output) == (0, True)


def test_one_click_stops_one_kind_of_letter_for_one_address(sold: Flask, box: Postbox, client: FlaskClient) -> None:
    for kind in (ReportKind.DAILY, ReportKind.WEEKLY):
        service.subscribe("ann@example.com", kind, "en")
    (mail_id,) = service.prepare(ReportKind.DAILY, date(2010, 12, 2))
    service.send_letter(mail_id, sold.config["SETTINGS"])
    header = box.messages[0]["List-Unsubscribe"].strip("<>")
    assert box.messages[0]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = header.removeprefix(sold.config["SETTINGS"].base_url)
    assert path.removesuffix("/removal") in text_of(box.messages[0], "plain")
    # Looking at the page changes nothing: programs that check links do so.
    assert "ann@example.com" in client.get(path.removesuffix("/removal")).text
    # A mail program posts from nowhere, without cookie or token.
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 303
    assert service.prepare(ReportKind.DAILY, date(2010, 12, 3)) == []
    assert len(service.prepare(ReportKind.WEEKLY, MONDAY)) == 1
    assert "ann@example.com" not in client.get(path.removesuffix("/removal")).text


def test_a_letter_that_was_stopped_after_it_was_staged_is_not_sent(sold: Flask, box: Postbox) -> None:
    service.subscribe("ann@example.com", ReportKind.DAILY, "en")
    (mail_id,) = service.prepare(ReportKind.DAILY, date(2010, 12, 2))
    service.stop(recipient("ann@example.com").token)
    assert not service.send_letter(mail_id, sold.config["SETTINGS"])
    assert box.messages == []


def test_nobody_is_written_to_while_nothing_runs_low(context: Flask, box: Postbox) -> None:
    (mail_id,) = service.prepare(ReportKind.LOW_STOCK, MONDAY, ["ann@example.com"])
    assert not service.send_letter(mail_id, context.config["SETTINGS"])
    assert box.messages == []


def test_what_runs_low_is_named_with_the_days_it_lasts(sold: Flask, box: Postbox) -> None:
    with transaction() as session:
        session.execute(update(StockItem).values(available=2, on_hand=2))
    (mail_id,) = service.prepare(ReportKind.LOW_STOCK, date(2011, 1, 4), ["ann@example.com"])
    assert service.send_letter(mail_id, sold.config["SETTINGS"])
    assert "Blue Spot Mug" in text_of(box.messages[0], "plain")


def test_a_letter_is_written_in_the_recipients_language(sold: Flask, box: Postbox) -> None:
    service.subscribe("ann@example.com", ReportKind.WEEKLY, "zh_Hans")
    (mail_id,) = service.prepare(ReportKind.WEEKLY, MONDAY)
    service.send_letter(mail_id, sold.config["SETTINGS"])
    assert "净销售额" in text_of(box.messages[0], "html")


def test_recipients_are_kept_at_the_desk_by_whoever_may(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    owner, analyst = sign_in("owner"), sign_in("analyst")
    form = {"email": "ann@example.com", "kind": "weekly", "locale": "en"}
    assert post(analyst, "/admin/insight/reports/recipients", form).status_code == 403
    assert post(owner, "/admin/insight/reports/recipients", {**form, "email": "no"}).status_code == 422
    assert post(owner, "/admin/insight/reports/recipients", form).status_code == 303
    with app.app_context():
        token = recipient("ann@example.com").token
    assert post(owner, f"/admin/insight/reports/recipients/{token}/removal").status_code == 303
    with app.app_context():
        assert recipient("ann@example.com").stopped_at is not None


def test_the_preview_shows_the_letter_without_inline_styles(sold: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    owner = sign_in("owner")
    page = owner.get(f"/admin/insight/reports/weekly?date={MONDAY}").text
    styles = owner.get(f"/admin/insight/reports/weekly.css?date={MONDAY}")
    assert "You sold goods for £44.62 net" in page
    assert (styles.mimetype, ".letter-0 {" in styles.text) == ("text/css", True)


def recipient(email: str) -> ReportRecipient:
    db.session.rollback()
    return db.session.scalars(select(ReportRecipient).where(ReportRecipient.email == email)).first()  # type: ignore[return-value]


def letter_to(email: str) -> ReportMail:
    db.session.rollback()
    return db.session.scalars(select(ReportMail).where(ReportMail.email == email)).one()


def jobs() -> list[OutboxJob]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxJob).where(OutboxJob.name == "insight.send_report")))


def text_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())
