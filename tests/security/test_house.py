"""What docs/security.md says of how the house is built: read in its code, and tried where there is something to try."""

import ast
import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import Signer, URLSafeTimedSerializer
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

import storefront
from storefront import create_app
from storefront.accounts import service
from storefront.accounts.models import User
from storefront.core import clock
from storefront.core.db import db
from storefront.core.web.forms import Form
from tests.fixtures.shop import PASSWORD, make_settings, token_of
from tests.security.matrix import ROWS
from tests.security.test_matrix import address
from tests.security.visitors import Town

HOUSE = Path(storefront.__file__).parent
SCRIPTS = HOUSE.parent / "static" / "js"
# Starts fixed programs: the shop's own processes, and those of its torture test.
STARTERS = {"run/pool.py", "run/valkey.py", "run/supervise.py", "run/programs.py", "torture/servers.py"}
# Draws pictures, invents shoppers and faults, and waits a little longer before a transaction is tried again.
DICE = ("catalog/tiles/", "torture/", "payments/demo_provider/faults.py", "core/db.py")
# Patterns made of words that stand in the code beside them.
MADE = {"catalog/tiles/choice.py", "importing/online_retail/categories.py"}
# No secrets: a part of a name that people read, of a database that is thrown away, of the demo provider's numbers.
SHORT = {
    "shipping/service.py",
    "torture/database.py",
    "payments/demo_provider/desk.py",
    "payments/demo_provider/api.py",
}


def nodes() -> Iterator[tuple[str, ast.AST]]:
    """Every part of the shop's code with its file."""
    for path in HOUSE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            yield str(path.relative_to(HOUSE)), node


def calls(*modules: str) -> Iterator[tuple[str, str, ast.Call]]:
    """(file, "module.function", the call) of what is called of these modules by their names."""
    for place, node in nodes():
        called = node.func if isinstance(node, ast.Call) else None
        owner = called.value if isinstance(called, ast.Attribute) else None
        if isinstance(node, ast.Call) and isinstance(called, ast.Attribute) and isinstance(owner, ast.Name):
            yield from [(place, f"{owner.id}.{called.attr}", node)] if owner.id in modules else []


def importers(*modules: str) -> set[str]:
    """The files that import one of these modules."""
    found = set()
    for place, node in nodes():
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        if any(name.partition(".")[0] in modules for name in names):
            found.add(place)
    return found


def test_programs_are_started_by_those_who_run_the_shop_alone() -> None:
    begun = {
        place for place, name, _call in calls("os") if re.match(r"os\.(exec|spawn|posix_spawn|system|popen)", name)
    }
    assert begun | importers("subprocess", "pty", "multiprocessing") <= STARTERS


def test_patterns_are_fixed() -> None:
    made = {place for place, _name, call in calls("re") if call.args and not isinstance(call.args[0], ast.Constant)}
    assert made == MADE


def test_nothing_is_read_that_could_run() -> None:
    assert importers("pickle", "marshal", "shelve", "dill", "xml", "yaml") == set()


def test_what_must_not_be_guessed_comes_from_the_systems_generator_with_128_bits_and_more() -> None:
    assert {place for place in importers("random") if not place.startswith(DICE)} == set()
    for place, name, call in calls("secrets"):
        if name.startswith("secrets.token_") and place not in SHORT:
            assert isinstance(call.args[0], ast.Constant), place
            assert int(str(call.args[0].value)) >= 16, place


def test_hashes_are_sha_256() -> None:
    used = {(place, name) for place, name, _call in calls("hashlib")}
    # The name that Redis has for a script; it guards nothing.
    assert {one for one in used if one[1] != "hashlib.sha256"} == {("stock/gate.py", "hashlib.sha1")}


def test_no_script_merges_what_comes_from_outside_into_its_objects() -> None:
    for path in SCRIPTS.glob("*.js"):
        text = path.read_text()
        assert "__proto__" not in text, path.name
        assert not re.search(r"Object\.assign\([^)]*(JSON|json\(|dataset)", text), path.name


def test_passwords_are_typed_unseen_and_may_be_pasted_or_filled_in(town: Town) -> None:
    found = set()
    for who in ("anonymous", "buyer"):
        client = town.visitor(who)
        for row in ROWS:
            if row.method != "GET" or row.endpoint.startswith(("admin.", "demo")):
                continue
            for field in re.findall(
                r"<input[^>]*password[^>]*>",
                client.get(address(town, row.endpoint)).get_data().decode(errors="replace"),
            ):
                assert 'type="password"' in field, (row.endpoint, field)
                assert re.search(r'autocomplete="(current|new)-password"', field), (row.endpoint, field)
                found.add(row.endpoint)
    assert found >= {"accounts.sign_in", "accounts.register", "accounts.own_settings", "privacy.show"}
    assert not any("paste" in path.read_text() for path in SCRIPTS.glob("*.js"))


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("password", [" blanks around it ", "Ünï-cödé 密码 🫖 tea", "x" * 256])
def test_a_password_is_taken_as_it_is(password: str) -> None:
    service.create_user("ada@example.com", password, "Ada")
    assert service.authenticate(db.session(), "ada@example.com", password)
    for other in {password.strip(), password.lower(), password[:-1]} - {password}:
        with pytest.raises(service.WrongCredentials):
            service.authenticate(db.session(), "ada@example.com", other)


@pytest.mark.usefixtures("context")
def test_a_password_has_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    service.create_user("ada@example.com", PASSWORD, "Ada")
    later = clock.now() + timedelta(days=3650)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert service.authenticate(db.session(), "ada@example.com", PASSWORD)


@pytest.mark.usefixtures("context")
def test_a_new_shop_has_no_accounts() -> None:
    """Nor does a migration make one: the demo's people come with the demo, and `storefront doctor` knows them."""
    assert db.session.scalar(db.select(db.func.count()).select_from(User)) == 0
    for path in (HOUSE.parent / "migrations" / "versions").glob("*.py"):
        assert not re.search(r"INSERT INTO user_(account|role)", path.read_text()), path.name


def test_there_are_no_questions_that_stand_for_a_password() -> None:
    asked = {name for form in _forms(Form) for name in vars(form) if re.search(r"hint|question|secret|maiden", name)}
    assert asked == set()


def _forms(form: type) -> Iterator[type]:
    for child in form.__subclasses__():
        yield child
        yield from _forms(child)


def test_a_cookie_is_taken_with_our_signature_alone(app: Flask, client: FlaskClient) -> None:
    own = _signed_in_cookie(app)
    payload = own.rpartition(".")[0]
    name, key = app.config["SESSION_COOKIE_NAME"], str(app.secret_key)
    forged = {
        "none": payload,
        "cut": own[:-1],
        "another key": Signer("another key", salt="cookie-session", key_derivation="hmac", digest_method=hashlib.sha256)
        .sign(payload)
        .decode(),
        "another algorithm": Signer(key, salt="cookie-session", key_derivation="hmac", digest_method=hashlib.sha1)
        .sign(payload)
        .decode(),
        "another use of the key": URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps({"_user_id": "1:0"}),
    }
    good = Signer(key, salt="cookie-session", key_derivation="hmac", digest_method=hashlib.sha256)
    assert own == good.sign(payload).decode(), "SHA-256, and nothing else"
    client.set_cookie(name, own)
    assert client.get("/account").status_code == 200
    for what, value in forged.items():
        client.set_cookie(name, value)
        assert client.get("/account").status_code == 303, what


def _signed_in_cookie(app: Flask) -> str:
    from tests.fixtures.shop import post

    with app.app_context():
        service.create_user("ada@example.com", PASSWORD, "Ada")
    client = app.test_client()
    post(client, "/account/sign-in", {"email": "ada@example.com", "password": PASSWORD})
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie
    return str(cookie.value)


def test_debugging_is_off_and_no_folder_is_listed(tmp_path: Path, redis_url: str) -> None:
    app = create_app(make_settings(tmp_path, f"sqlite:///{tmp_path / 'shop.sqlite3'}", redis_url, TESTING="0"))
    assert (app.debug, app.testing) == (False, False)
    client = app.test_client()
    for path in ("/static/", "/static/js/", "/static/js", "/media/", "/media/84/", "/console"):
        assert client.get(path).status_code == 404, path


# What lies beside the pictures and the shop's own files, and is nobody's to read.
PRIVATE = ("/.git/config", "/.env", "/secret_key", "/shop.sqlite3", "/pyproject.toml", "/storefront/config.py")
PRIVATE += tuple(
    f"{start}{up}{name}"
    for start in ("/media/", "/static/")
    for up in ("../", "..%2f", "%2e%2e/", "/")
    for name in ("secret_key", "shop.sqlite3", "storefront/config.py", "etc/passwd")
)


@pytest.mark.parametrize("path", PRIVATE)
def test_no_file_but_ours_is_served(town: Town, path: str) -> None:
    answer = town.visitor("anonymous").get(path)
    assert answer.status_code in (404, 308), path


def test_nobody_asks_for_a_trace(town: Town) -> None:
    for row in ROWS:
        answer = town.visitor("owner").open(address(town, row.endpoint), method="TRACE")
        assert answer.status_code == 405, row.endpoint


def test_what_is_typed_is_decoded_once_and_is_no_template(town: Town) -> None:
    page = town.visitor("anonymous").get("/search", query_string="q=%2541%253Cb%253E").text
    assert 'value="%41%3Cb%3E"' in page
    page = town.visitor("anonymous").get("/search", query_string={"q": "{{7*7}}${7*7}{%25"}).text
    assert "{{7*7}}${7*7}{%" in page
    assert "49" not in re.findall(r'<input[^>]*name="q"[^>]*>', page)[0]


def test_templates_are_files_and_values_come_from_where_they_are_said_to() -> None:
    for place, node in nodes():
        if isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            assert name not in {"render_template_string", "from_string", "stream_template_string"}, place
            is_request = (
                isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "request"
            )
            assert not (is_request and name == "values"), place


def test_pages_say_what_they_are_and_mailed_links_are_told_to_nobody(town: Town) -> None:
    client = town.visitor("owner")
    for row in ROWS:
        answer = client.get(address(town, row.endpoint)) if row.method == "GET" else None
        if answer is None or answer.status_code != 200:
            continue
        kind = answer.headers["Content-Type"]
        assert not kind.startswith(("text/", "application/xml")) or "charset=utf-8" in kind.lower(), (
            row.endpoint,
            kind,
        )
        if "token" in address_rule(town, row.endpoint) and kind.startswith("text/html"):
            assert '<meta name="referrer" content="no-referrer">' in answer.text, row.endpoint


def address_rule(town: Town, endpoint: str) -> str:
    return next(rule.rule for rule in town.app.url_map.iter_rules(endpoint))


def test_signing_out_clears_what_the_browser_kept(town: Town) -> None:
    answer = town.send(town.visitor("buyer"), "POST", "/account/sign-out", {})
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_a_crash_is_written_down(town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def crash(token: str) -> str:
        raise RuntimeError("what went wrong")

    crash.access = "public"  # type: ignore[attr-defined]
    monkeypatch.setitem(town.app.view_functions, "orders.show", crash)
    monkeypatch.setitem(town.app.config, "PROPAGATE_EXCEPTIONS", False)
    assert town.visitor("anonymous").get("/orders/s3cret-of-an-order").status_code == 500
    assert "what went wrong" in caplog.text
    assert "orders.show" in caplog.text
    assert "s3cret" not in caplog.text


def test_an_error_of_the_database_tells_no_value(town: Town) -> None:
    with town.app.app_context():
        with pytest.raises(IntegrityError) as found:
            db.session.execute(insert(User).values(email="ada@example.com", name=None))
        db.session.remove()
    assert "ada@example.com" not in str(found.value)


def test_tokens_of_forms_are_signed_with_sha_256(client: FlaskClient, app: Flask) -> None:
    token = token_of(client)
    for digest, is_good in ((hashlib.sha256, True), (hashlib.sha1, False)):
        options = {"signer_kwargs": {"digest_method": digest}}
        assert URLSafeTimedSerializer(app.secret_key, "wtf-csrf-token", **options).loads_unsafe(token)[0] is is_good
