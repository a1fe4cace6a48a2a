"""The second factor of staff, through its real pages: set up, shown, asked for again, replaced by paper, guessed."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyotp import TOTP

from storefront.accounts import factors
from storefront.accounts import service as accounts
from storefront.accounts.models import RecoveryCode, User
from storefront.config import load_settings
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.core.web.access import CAREFUL_SECONDS, DESK_SECONDS
from storefront.promotions.models import Coupon
from tests.fixtures.races import at_once
from tests.fixtures.readings import forget, staged
from tests.fixtures.shop import PASSWORD, on_every_database, post, post_bare

PAGE = "/account/second-factor"
COUPON = {"code": "SPRING", "kind": "percent", "percent": "10", "is_active": "y"}


class Watch:
    """A clock that the test moves on."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC).replace(microsecond=0)

    def wait(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def code(self, secret: str) -> str:
        """What the app shows now."""
        return TOTP(secret).at(int(self.moment.timestamp()))


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(clock, "now", lambda: watch.moment)
    return watch


def enter(app: Flask, role: str = "owner") -> FlaskClient:
    """Somebody of the staff who has typed the password, and nothing more."""
    address = f"{role or 'customer'}@example.com"
    with app.app_context():
        accounts.create_user(address, PASSWORD, role, roles=[role] if role else [])
    return sign_in_again(app, address)


def sign_in_again(app: Flask, address: str = "owner@example.com") -> FlaskClient:
    client = app.test_client()
    form = {"email": address, "password": PASSWORD}
    assert post_bare(client, "/account/sign-in", form, "/account/sign-in").status_code == 303
    return client


def token(text: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert found
    return found.group(1)


def send(client: FlaskClient, code: str, **more: str):  # type: ignore[no-untyped-def]
    """Type a code into the page of the factor."""
    return post_bare(client, PAGE, {"code": code, **more}, PAGE)


def set_up(client: FlaskClient, watch: Watch) -> tuple[str, list[str]]:
    """Set the factor up as the page says; gives the app's secret and the codes for paper."""
    found = re.search(r'class="secret">(.+?)</code>', client.get(PAGE).text)
    assert found
    secret = re.sub("<.*?>", "", found.group(1))
    answer = send(client, watch.code(secret))
    assert answer.status_code == 200
    return secret, re.findall(r"<li><code>([A-Z2-9]{5}-[A-Z2-9]{5})</code>", answer.text)


def test_nobody_of_the_staff_does_anything_before_the_factor_is_set_up(app: Flask, watch: Watch) -> None:
    client = enter(app)
    for path in ("/admin/", "/admin/orders?status=paid", "/account", "/account/settings"):
        answer = client.get(path)
        assert (answer.status_code, answer.location.partition("?")[0]) == (303, PAGE), path
    assert post_bare(client, "/admin/coupons", COUPON, PAGE).location == PAGE
    set_up(client, watch)
    assert client.get("/admin/").status_code == 200
    assert client.get("/account").status_code == 200


def test_customers_are_never_asked_for_one(app: Flask) -> None:
    client = enter(app, "")
    assert client.get("/account").status_code == 200
    assert client.get(PAGE).status_code == 404


def test_whoever_signs_in_shows_it_and_goes_on_to_where_they_wanted(app: Flask, watch: Watch) -> None:
    secret, _codes = set_up(enter(app), watch)
    client = sign_in_again(app)
    assert client.get("/admin/orders?status=paid").location == f"{PAGE}?next=/admin/orders?status%3Dpaid"
    watch.wait(30)
    assert secret not in client.get(PAGE).text
    assert send(client, watch.code(secret), next="/admin/orders?status=paid").location == "/admin/orders?status=paid"
    assert client.get("/admin/orders").status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_nobody_is_sent_elsewhere_after_it(app: Flask, watch: Watch, target: str) -> None:
    secret, _codes = set_up(enter(app), watch)
    watch.wait(30)
    assert send(sign_in_again(app), watch.code(secret), next=target).location == "/admin/"


def test_a_code_is_good_once(app: Flask, watch: Watch) -> None:
    secret, _codes = set_up(enter(app), watch)
    watch.wait(30)
    code = watch.code(secret)
    assert send(sign_in_again(app), code).status_code == 303
    second = sign_in_again(app)
    assert send(second, code).status_code == 403
    assert second.get("/admin/").status_code == 303


def test_a_code_of_a_minute_ago_is_too_old(app: Flask, watch: Watch) -> None:
    secret, _codes = set_up(enter(app), watch)
    watch.wait(30)
    code = watch.code(secret)
    watch.wait(60)
    assert send(sign_in_again(app), code).status_code == 403


@pytest.mark.parametrize("way", ["{} {}", "１{}{}", " {}-{} "])
def test_a_code_may_be_typed_with_spaces_and_wide_digits(app: Flask, watch: Watch, way: str) -> None:
    secret, _codes = set_up(enter(app), watch)
    client = sign_in_again(app)
    watch.wait(30)
    code = watch.code(secret)
    if way.startswith("１"):
        typed = "".join(chr(ord("０") + int(digit)) for digit in code)
    else:
        typed = way.format(code[:3], code[3:])
    assert send(client, typed).status_code == 303


@pytest.mark.parametrize("code", ["", "äöüäöü", "000000", "x" * 21, "AAAAA-AAAAA"])
def test_a_wrong_code_opens_nothing(app: Flask, watch: Watch, code: str) -> None:
    client = enter(app)
    assert send(client, code).status_code in {403, 422}
    set_up(client, watch)
    other = sign_in_again(app)
    assert send(other, code).status_code in {403, 422}
    assert other.get("/admin/").status_code == 303


def test_codes_on_paper_stand_for_it_once_and_new_ones_end_them(app: Flask, watch: Watch) -> None:
    client = enter(app)
    secret, codes = set_up(client, watch)
    assert len(set(codes)) == factors.CODES
    assert send(sign_in_again(app), codes[0].lower()).status_code == 303
    assert send(sign_in_again(app), codes[0]).status_code == 403
    renewed = post(client, "/account/recovery-codes")
    assert send(sign_in_again(app), codes[1]).status_code == 403
    new = re.findall(r"<li><code>([A-Z2-9]{5}-[A-Z2-9]{5})</code>", renewed.text)
    assert send(sign_in_again(app), new[0]).status_code == 303
    with app.app_context():
        kept = set(db.session.scalars(db.select(RecoveryCode.digest)))
        assert not {code.replace("-", "") for code in [*codes, *new]} & kept
        assert secret not in str(vars(db.session.scalars(db.select(User)).one()))


def test_new_codes_are_only_for_whoever_has_just_shown_it(app: Flask, watch: Watch) -> None:
    client = enter(app)
    set_up(client, watch)
    watch.wait(CAREFUL_SECONDS + 1)
    assert post(client, "/account/recovery-codes").status_code == 403


def test_the_last_codes_on_paper_are_counted(app: Flask, watch: Watch) -> None:
    _secret, codes = set_up(enter(app), watch)
    for code in codes[:8]:
        assert send(sign_in_again(app), code).status_code == 303
    assert "2 codes on paper left" in sign_in_again(app).get(PAGE).text


def test_it_is_asked_for_again_where_money_is_concerned_and_what_was_typed_is_kept(app: Flask, watch: Watch) -> None:
    client = enter(app)
    secret, _codes = set_up(client, watch)
    form = {"csrf_token": token(client.get("/admin/coupons/new").text), **COUPON}
    watch.wait(CAREFUL_SECONDS + 1)
    assert client.get("/admin/products").status_code == 200
    assert client.get("/admin/coupons").location == f"{PAGE}?next=/admin/coupons"
    asked = client.post("/admin/coupons", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert asked.status_code == 403
    kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', asked.text))
    assert {**kept, **COUPON} == kept
    assert 'action="/admin/coupons?"' in asked.text
    for code, status in (("000000", 403), (watch.code(secret), 303)):
        answer = client.post(
            "/admin/coupons", data={**kept, "factor-code": code}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert answer.status_code == status
        with app.app_context():
            assert (db.session.scalar(db.select(Coupon.code)) == "SPRING") == (status == 303)
    assert client.get("/admin/coupons").status_code == 200


def test_it_is_good_for_a_working_day(app: Flask, watch: Watch) -> None:
    client = enter(app)
    set_up(client, watch)
    watch.wait(DESK_SECONDS - 1)
    assert client.get("/admin/products").status_code == 200
    watch.wait(1)
    assert client.get("/admin/products").location == f"{PAGE}?next=/admin/products"


def test_whoever_changes_the_password_has_shown_it_and_every_other_browser_has_not(app: Flask, watch: Watch) -> None:
    client = enter(app)
    secret, _codes = set_up(client, watch)
    watch.wait(30)
    other = sign_in_again(app)
    send(other, watch.code(secret))
    changed = post(client, "/account/password", {"current": PASSWORD, "password": "lamp and oil and wick"})
    assert changed.status_code == 303
    assert client.get("/admin/").status_code == 200
    assert other.get("/admin/").location == "/account/sign-in?next=/admin/"


def test_guessing_is_limited_on_both_pages_together(app: Flask, watch: Watch) -> None:
    client = enter(app)
    set_up(client, watch)
    watch.wait(CAREFUL_SECONDS + 1)
    assert [send(client, "000000").status_code for _ in range(5)] == [403] * 5
    form = {"factor-code": "000000", **COUPON}
    answers = [post_bare(client, "/admin/coupons", form, PAGE) for _ in range(6)]
    # The one that set it up counts too.
    assert [answer.status_code for answer in answers] == [403] * 4 + [429] * 2


def test_htmx_is_led_to_the_page_and_back_to_the_one_it_worked_on(app: Flask) -> None:
    client = enter(app)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/admin/jobs?x=1"}
    answer = client.get("/admin/jobs", headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"{PAGE}?next=/admin/jobs?x%3D1")


def test_setting_it_up_is_told_by_mail(app: Flask, watch: Watch) -> None:
    set_up(enter(app), watch)
    with app.app_context():
        assert [job["what"] for job in staged("accounts.tell_changed")] == ["factor"]


@on_every_database
def test_of_many_who_use_one_code_at_once_one_gets_in(context: Flask, watch: Watch) -> None:
    secret_key = str(context.config["SETTINGS"].secret_key)
    user_id = accounts.create_user("owner@example.com", PASSWORD, "Olive", roles=["owner"])
    secret = factors.secret_of(factors.begin(user_id), secret_key)
    paper = factors.confirm(user_id, watch.code(secret), secret_key)[0]
    watch.wait(30)
    for code in (watch.code(secret), paper):
        race = at_once(context, [lambda code=code: factors.check(user_id, code, secret_key)] * 8)
        assert len(race.results) == 1
        assert {type(error) for error in race.errors} == {factors.WrongCode}


def test_a_lost_one_is_taken_away_and_every_session_ends(app: Flask, watch: Watch) -> None:
    client = enter(app)
    secret, codes = set_up(client, watch)
    with app.app_context():
        with transaction() as session:
            factors.remove_with(session.scalars(db.select(User)).one())
        forget()
        assert staged("accounts.tell_changed")[-1]["what"] == "factor_reset"
    assert client.get("/admin/").location == "/account/sign-in?next=/admin/"
    again = sign_in_again(app)
    watch.wait(30)
    assert secret not in again.get(PAGE).text
    for code in (codes[0], watch.code(secret)):
        assert send(again, code).status_code == 403


@pytest.mark.parametrize(
    ("environ", "is_required"),
    [
        ({}, True),
        ({"DEMO": "1"}, False),
        ({"DEMO": "1", "SECOND_FACTOR": "required"}, True),
        ({"SECOND_FACTOR": "off"}, False),
    ],
)
def test_a_real_shop_asks_for_it_and_a_demo_does_not(
    environ: dict[str, str], is_required: bool, tmp_path: object
) -> None:
    settings = load_settings({"SECRET_KEY": "k", "DATA_DIR": str(tmp_path), **environ})
    assert settings.requires_factor is is_required
