"""What the settings themselves tell."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from storefront.config import Settings
from storefront.run.doctor import Check, Finding

MIN_SECRET = 32
MIN_TOKEN = 24
GUESSED = ("secret", "change", "default", "example", "dev", "test", "password", "key for")
PASSING = ("/tmp", "/var/tmp", "/dev/shm", "/run")  # noqa: S108 - compared with, not written to.
HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def _debug(settings: Settings) -> Iterator[Finding]:
    if settings.debug:
        yield Finding("debug", True, "DEBUG is on: visitors see the inside of errors. Unset it.")
    if settings.testing:
        yield Finding("testing", True, "TESTING is on: it is for tests only. Unset it.")
    if settings.demo:
        yield Finding("demo", True, "DEMO is on: invented goods, and people whose passwords are printed. Set DEMO=0.")


def _secret(settings: Settings) -> Iterator[Finding]:
    key = settings.secret_key
    if len(key) < MIN_SECRET or len(set(key)) < 10 or any(word in key.lower() for word in GUESSED):
        advice = "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'."
        yield Finding("secret_key", True, f"SECRET_KEY can be guessed: use {MIN_SECRET} random signs or more. {advice}")
    token = settings.metrics_token
    if token and (len(token) < MIN_TOKEN or len(set(token)) < 8):
        yield Finding("metrics_token", True, f"METRICS_TOKEN is weak: use {MIN_TOKEN} random signs or more.")


def _payments(settings: Settings) -> Iterator[Finding]:
    if settings.pays_with_demo:
        yield Finding("payments", True, "Payments go to the demo provider: no money moves. Set STRIPE_SECRET_KEY.")
        return
    for name in ("stripe_secret_key", "stripe_publishable_key"):
        if "_test_" in getattr(settings, name):
            yield Finding("test_key", True, f"{name.upper()} is a test key: nobody is charged. Set the live one.")
    if not settings.stripe_webhook_secrets:
        yield Finding("webhook", True, "STRIPE_WEBHOOK_SECRETS is missing: the provider's messages are refused.")


def _address(settings: Settings) -> Iterator[Finding]:
    url = urlsplit(settings.base_url)
    if not settings.is_secure:
        text = "BASE_URL is not https: passwords and cookies cross the network in clear. Set BASE_URL=https://…"
        yield Finding("base_url", True, text)
    if (url.hostname or "") in HERE:
        yield Finding(
            "base_url_host", True, "BASE_URL names this machine: links in mails lead nowhere. Set the domain."
        )
    if settings.is_secure and not settings.trusted_proxies:
        text = (
            "TRUSTED_PROXIES is 0, and the shop does not speak https itself, so a proxy stands in front: every visitor "
        )
        yield Finding(
            "trusted_proxies", True, text + "has the proxy's address, and limits hit everybody. Set how many."
        )


def _mail(settings: Settings) -> Iterator[Finding]:
    if urlsplit(settings.mail_url).scheme == "file":
        yield Finding("mail", True, "MAIL_URL names no mail server: mails stay in a folder, and nobody can sign up.")
    if settings.mail_from.endswith("@localhost"):
        yield Finding("mail_from", True, "MAIL_FROM is no address that anybody can answer. Set one of your domain.")


def _storage(settings: Settings) -> Iterator[Finding]:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and _passes(Path(url.database or "")):
        yield Finding(
            "sqlite_path", True, f"The database lies in {url.database}, which is emptied now and then. Move it."
        )
    if _passes(settings.data_dir):
        yield Finding("data_dir", True, f"DATA_DIR is {settings.data_dir}, which is emptied now and then. Move it.")


def _factor(settings: Settings) -> Iterator[Finding]:
    if not settings.requires_factor:
        yield Finding("second_factor", True, "Staff sign in with a password alone. Set SECOND_FACTOR=required.")


def _passes(path: Path) -> bool:
    return any(path.absolute().is_relative_to(folder) for folder in PASSING)


SETTING_CHECKS: tuple[Check, ...] = (_debug, _secret, _payments, _address, _mail, _storage, _factor)
