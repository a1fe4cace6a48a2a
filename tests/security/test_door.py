"""The door: where requests come from, what answers carry, where redirects lead, which cookies there are."""

import ast
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import storefront
from storefront import create_app
from storefront.config import Settings, load_settings
from storefront.core.db import db
from tests.fixtures.shop import PASSWORD, make_settings, make_tables, post
from tests.privacy.life import dump_sql
from tests.security.matrix import ROWS
from tests.security.test_matrix import address
from tests.security.visitors import OURS, Town

HOUSE = Path(storefront.__file__).parent
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
ELSEWHERE = ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\t//evil.example"]
ELSEWHERE += ["/\t/evil.example", "http:evil.example", "evil.example", "/%0d%0aX-Planted:1\r\n", "\\\\evil.example"]
ELSEWHERE += ["/..//evil.example", "/./\\evil.example", "///evil.example", "/ /evil.example"]
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
KEEPERS = ("document.cookie", "localStorage", "indexedDB", "eval(", "new Function", ".innerHTML", "insertAdjacent")
# Asks for a look at a payment, once; and draws the secret that a member of staff is about to scan.
EXCUSED = {"orders.come_back", "accounts.factor"}
# Modules through which a program asks others over the network, and who may.
NETWORK = {"socket", "smtplib", "http", "urllib.request", "urllib3", "requests", "httpx", "aiohttp", "ftplib", "stripe"}
CALLERS = {
    "config.py": "asks the system for its own address; nothing is sent",
    "core/mail.py": "MAIL_URL alone says where to",
    "payments/stripe_gateway.py": "the library's own address",
    "payments/demo_provider": "types and errors of the library; the provider is in this process",
    "payments/stripe_api": "types of the library",
    "run": "the supervisor asks the shop it has started",
    "torture": "a test program of its own, no part of the running shop",
}


@pytest.fixture
def sender(town: Town) -> FlaskClient:
    return town.visitor("owner")


def unsafe(town: Town) -> list[tuple[str, str, bool]]:
    """(path, endpoint, whether its form needs no token) of everything that changes something but webhooks."""
    views = town.app.view_functions
    posts = [row.endpoint for row in ROWS if row.method != "GET" and not hasattr(views[row.endpoint], "is_signed")]
    return [(address(town, name), name, hasattr(views[name], "is_tokenless")) for name in posts]


@pytest.mark.parametrize("extra", [{}, HTMX], ids=["form", "htmx"])
def test_nothing_changes_without_the_sessions_own_token(town: Town, sender: FlaskClient, extra: dict[str, str]) -> None:
    others = foreign_token(town)
    for path, _endpoint, is_tokenless in unsafe(town):
        if is_tokenless:
            continue
        for form in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": others}):
            answer = sender.post(path, data=form, headers={**OURS, **extra})
            assert answer.status_code == 400, (path, form)


@pytest.mark.parametrize("extra", [{}, HTMX], ids=["form", "htmx"])
@pytest.mark.parametrize(
    "origin",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
    ],
)
def test_nothing_changes_from_another_site_even_with_the_token(
    town: Town, sender: FlaskClient, origin: dict[str, str], extra: dict[str, str]
) -> None:
    for path, _endpoint, _is_tokenless in unsafe(town):
        answer = sender.post(path, data={"csrf_token": town.token()}, headers={**origin, **extra})
        assert answer.status_code == 403, path


def test_only_few_forms_go_without_a_token(town: Town) -> None:
    without = {endpoint for _path, endpoint, is_tokenless in unsafe(town) if is_tokenless}
    assert without == {"cart.add_line", "stock.ask", "pages.choose_language", "wishlist.keep"}


@pytest.mark.parametrize("who", ["anonymous", "buyer", "owner"])
def test_looking_changes_nothing(town: Town, who: str) -> None:
    """Links are followed by programs, and fetched before somebody clicks them."""
    client = town.visitor(who)
    with town.app.app_context():
        before = dump_sql()
    for row in ROWS:
        if row.method == "GET" and row.endpoint not in EXCUSED:
            client.get(address(town, row.endpoint))
            client.head(address(town, row.endpoint))
    with town.app.app_context():
        assert {name for name, text in dump_sql().items() if text != before.get(name)} == set()
        db.session.remove()


def test_every_answer_carries_the_headers(town: Town, sender: FlaskClient) -> None:
    answers = [sender.get(address(town, row.endpoint)) for row in ROWS if row.method == "GET"]
    answers += [sender.get("/nowhere"), sender.delete("/cart"), sender.post("/cart/lines/1"), sender.get("/orders/x")]
    for answer in answers:
        for name, value in HEADERS.items():
            assert answer.headers.get(name) == value, (answer.request.path, name)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "object-src 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "unsafe" not in policy
        assert "*" not in policy
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers.get("Content-Type", "text/html"), answer.request.path


def test_what_is_private_is_kept_by_nobody(town: Town) -> None:
    client = town.visitor("owner")
    for row in ROWS:
        if row.method == "GET" and row.who != "everybody":
            answer = client.get(address(town, row.endpoint))
            assert "no-store" in answer.headers["Cache-Control"], row.endpoint


def test_a_crash_carries_the_headers_too(settings: Settings) -> None:
    app = create_app(settings)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.view_functions["pages.terms"] = _crash
    answer = app.test_client().get("/terms")
    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "secret detail" not in answer.text


def _crash() -> str:
    raise RuntimeError("a secret detail")


_crash.access = "public"  # type: ignore[attr-defined]


@pytest.fixture
def https_shop(tmp_path: Path, redis_url: str) -> Flask:
    url = f"sqlite:///{tmp_path / 'shop.sqlite3'}"
    app = create_app(make_settings(tmp_path, url, redis_url, BASE_URL="https://shop.example"))
    make_tables(app)
    return app


def test_under_https_cookies_belong_to_one_host_and_http_is_over(https_shop: Flask) -> None:
    client = https_shop.test_client()
    form = {"language": "zh_Hans", "next": "/"}
    answers = [
        client.get("/account/sign-in", base_url="https://shop.example"),
        client.post("/language", data=form, base_url="https://shop.example", headers=OURS),
    ]
    cookies = [cookie for answer in answers for cookie in answer.headers.getlist("Set-Cookie")]
    assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-shop", "__Host-lang"}
    for cookie in cookies:
        parts = {part.strip().lower() for part in cookie.split(";")}
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= parts
        assert not any(part.startswith("domain") for part in parts)
    for answer in answers:
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    chosen = client.get("/", base_url="https://shop.example")
    assert 'lang="zh-Hans"' in chosen.text, "the language is read from the cookie of that name"


def test_a_visit_sets_no_cookie_but_the_one_that_is_needed(app: Flask) -> None:
    """So there is nothing to consent to, and no banner."""
    assert (
        cookies_of(app, "/", "/search?q=lamp", "/terms", "/health", "/robots.txt", "/nowhere", "/cart/badge") == set()
    )
    assert cookies_of(app, "/cart", "/account/sign-in", "/account/register", "/account/forgotten") == {"shop"}
    answer = post(app.test_client(), "/language", {"language": "en", "next": "/"})
    assert {cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie")} <= {"shop", "lang"}


def cookies_of(app: Flask, *paths: str) -> set[str]:
    found = [cookie for path in paths for cookie in app.test_client().get(path).headers.getlist("Set-Cookie")]
    return {cookie.partition("=")[0] for cookie in found}


def test_no_script_of_ours_keeps_anything_in_the_browser() -> None:
    for path in (HOUSE.parent / "static" / "js").glob("*.js"):
        text = path.read_text()
        for word in (
            "document.cookie",
            "localStorage",
            "indexedDB",
            "eval(",
            "new Function",
            ".innerHTML",
            "insertAdj",
        ):
            assert word not in text, (path.name, word)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nobody_is_led_elsewhere(town: Town, target: str) -> None:
    door = [
        town.send(town.visitor("buyer"), "GET", "/account/sign-in", query_string={"next": target}),
        town.send(town.visitor("anonymous"), "POST", "/language", {"language": "en", "next": target}),
        town.send(
            town.visitor("anonymous"),
            "POST",
            "/account/sign-in",
            {"email": "stranger@example.com", "password": PASSWORD, "next": target},
        ),
    ]
    for answer in door:
        assert_stays(answer)


def assert_stays(answer: TestResponse) -> None:
    assert answer.status_code == 303
    where = answer.headers["Location"]
    assert where.startswith("/"), where
    assert not where.startswith(("//", "/\\")), where
    assert not any(ord(sign) < 33 for sign in where), where
    assert "X-Planted" not in answer.headers


def test_nothing_in_the_shop_fetches_an_address_that_somebody_gave() -> None:
    """There is no way to make the shop ask another machine: the modules that could are used by those named here."""
    found = set()
    for path in HOUSE.rglob("*.py"):
        place = str(path.relative_to(HOUSE))
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            if any(name in NETWORK or name.partition(".")[0] in NETWORK - {"http"} for name in names):
                found.add(next((known for known in CALLERS if place.startswith(known)), place))
    assert found <= set(CALLERS)


def test_secrets_come_from_the_environment_and_are_not_shown(tmp_path: Path) -> None:
    given = {
        "SECRET_KEY": "first-secret",
        "STRIPE_SECRET_KEY": "second-secret",
        "STRIPE_WEBHOOK_SECRETS": "third-secret",
        "METRICS_TOKEN": "fourth-secret",
        "DATABASE_URL": "postgresql://shop:fifth-secret@db/shop",
        "MAIL_URL": "smtp://shop:sixth-secret@mail",
        "REDIS_URL": "redis://:seventh-secret@redis",
    }
    settings = load_settings({"DATA_DIR": str(tmp_path), **given})
    assert settings.secret_key == "first-secret"
    assert "-secret" not in repr(settings)
    kept = load_settings({"DATA_DIR": str(tmp_path)}).secret_key
    assert len(kept) >= 60, "a shop that was given none makes its own"
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def foreign_token(town: Town) -> str:
    """A token that is good for another session."""
    from itsdangerous import URLSafeTimedSerializer

    serializer: Any = URLSafeTimedSerializer(town.app.secret_key, salt="wtf-csrf-token")
    return str(serializer.dumps("1" * 40))
