"""Typed settings from the environment. A missing or wrong one stops start-up and names itself."""

import hashlib
import os
import secrets
import socket
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError
from babel.numbers import get_currency_name

ANY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - it is compared with, not bound to.
LONDON = ZoneInfo("Europe/London")


# `sun_path` holds 108 bytes on Linux and 104 on macOS, with the closing zero.
SOCKET_PATH_BYTES = 103


class SettingError(Exception):
    """A setting is missing or unusable; the text names the variable and says what would be right."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Settings:
    """Everything the environment decides. Field `base_url` is read from `BASE_URL`, and so on.

    It shows nothing of itself: half of it is secret, and what is shown is logged one day.
    """

    secret_key: str
    data_dir: Path = Path("var")
    database_url: str = ""
    redis_url: str = ""
    redis_stock_url: str = ""
    redis_queue_url: str = ""
    redis_cache_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = ""
    web_workers: int = 1
    web_threads: int = 4
    trusted_proxies: int = 0
    mail_url: str = ""
    mail_from: str = "shop@localhost"
    stripe_secret_key: str = ""
    stripe_webhook_secrets: tuple[str, ...] = ()
    stripe_publishable_key: str = ""
    stripe_calls_per_second: int = 15
    payment_page: str = "hosted"
    capture: str = "automatic"
    metrics_token: str = ""
    second_factor: str = ""
    audit_address_days: int = 90
    log_format: str = "text"
    offline_methods: tuple[str, ...] = ()
    bank_details: str = ""
    gift_card_amounts: tuple[Decimal, ...] | None = None
    gift_card_limits: tuple[Decimal, ...] | None = None
    shop_name: str = "Linden & Rye"
    currency: str = "GBP"
    country: str = "GB"
    time_zone: ZoneInfo = LONDON
    languages: tuple[str, ...] = ("en", "zh_Hans")
    debug: bool = False
    demo: bool = False
    testing: bool = False

    @property
    def is_secure(self) -> bool:
        """Whether the shop is served over https, so that cookies may demand it."""
        return self.base_url.startswith("https://")

    @property
    def requires_factor(self) -> bool:
        """Whether staff show a second factor: always, unless it was said otherwise or this is a demo."""
        return self.second_factor == "required" or (not self.second_factor and not self.demo)

    @property
    def local_url(self) -> str:
        """Where processes on this machine reach the web server, whatever address the world uses."""
        host = "127.0.0.1" if self.host in ANY_ADDRESS else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def pays_with_demo(self) -> bool:
        """Whether payments go to the built-in demo provider because no Stripe key is set."""
        return not self.stripe_secret_key


def _text(value: str) -> str:
    return value


def _flag(value: str) -> bool:
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"", "0", "false", "no", "off"}:
        return False
    raise ValueError("use 1 or 0")


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _offline(value: str) -> tuple[str, ...]:
    names = _names(value)
    if set(names) - {"invoice", "cash_on_delivery"}:
        raise ValueError("use invoice, cash_on_delivery or both")
    return names


def _amounts(value: str) -> tuple[Decimal, ...]:
    """Amounts in major units; the reading in minor units is the domain's."""
    if value.lower() == "none":
        return ()
    try:
        amounts = tuple(Decimal(name) for name in _names(value))
    except InvalidOperation:
        amounts = ()
    if not amounts or any(not amount.is_finite() or amount <= 0 for amount in amounts):
        raise ValueError("use amounts such as 25,50,100, or none")
    return tuple(sorted(amounts))


def _limits(value: str) -> tuple[Decimal, ...]:
    amounts = _amounts(value)
    if len(amounts) not in (0, 2):
        raise ValueError("use the lowest and the highest amount, such as 10,500, or none")
    return amounts


def _one_of(*names: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in names:
            raise ValueError(f"use {' or '.join(names)}")
        return value.lower()

    return read


def _port(value: str) -> int:
    port = int(value)
    if not 1 <= port <= 65535:
        raise ValueError("use a number from 1 to 65535")
    return port


def _count(value: str) -> int:
    count = int(value)
    if not 1 <= count <= 256:
        raise ValueError("use a number from 1 to 256")
    return count


def _few(value: str) -> int:
    count = int(value)
    if not 0 <= count <= 9:
        raise ValueError("use a number from 0 to 9")
    return count


def _days(value: str) -> int:
    count = int(value)
    if not 0 <= count <= 3650:
        raise ValueError("use a number of days from 0 (never) to 3650")
    return count


def _currency(value: str) -> str:
    code = value.upper()
    try:
        known = get_currency_name(code, locale="en") != code
    except UnknownLocaleError:  # pragma: no cover - English is always there
        known = False
    if not known:
        raise ValueError("use an ISO 4217 code such as GBP")
    return code


def _country(value: str) -> str:
    if value.upper() not in Locale("en").territories or len(value) != 2:
        raise ValueError("use an ISO 3166-1 code such as GB")
    return value.upper()


def _url(value: str) -> str:
    return value.rstrip("/")


READERS: dict[str, Callable[[str], Any]] = {
    "data_dir": Path,
    "port": _port,
    "base_url": _url,
    "web_workers": _count,
    "web_threads": _count,
    "trusted_proxies": _few,
    "stripe_webhook_secrets": _names,
    "stripe_calls_per_second": _count,
    "payment_page": _one_of("hosted", "embedded"),
    "capture": _one_of("automatic", "manual"),
    "gift_card_amounts": _amounts,
    "gift_card_limits": _limits,
    "audit_address_days": _days,
    "log_format": _one_of("text", "json"),
    "second_factor": _one_of("required", "off"),
    "currency": _currency,
    "country": _country,
    "time_zone": ZoneInfo,
    "languages": _names,
    "offline_methods": _offline,
    "debug": _flag,
    "demo": _flag,
    "testing": _flag,
}


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read every setting from `environ`; raises SettingError naming the first one that is wrong."""
    values: dict[str, Any] = {}
    for field in fields(Settings):
        raw = environ.get(field.name.upper())
        if raw is not None and raw != "":
            values[field.name] = _read(field.name, raw)
    data_dir: Path = values.setdefault("data_dir", Path("var")).absolute()
    values["data_dir"] = data_dir
    values.setdefault("database_url", f"sqlite:///{data_dir / 'shop.sqlite3'}")
    values.setdefault("redis_url", f"unix://{socket_path(data_dir)}")
    for role in ("redis_stock_url", "redis_queue_url", "redis_cache_url"):
        values.setdefault(role, values["redis_url"])
    values.setdefault("base_url", _base_url(values.get("host", "127.0.0.1"), values.get("port", 8000)))
    values.setdefault("mail_url", f"file://{data_dir / 'mail'}")
    is_embedding = values.get("payment_page") == "embedded" and "stripe_secret_key" in values
    if is_embedding and "stripe_publishable_key" not in values:
        raise SettingError("PAYMENT_PAGE=embedded needs STRIPE_PUBLISHABLE_KEY, which the browser is given.")
    if "secret_key" not in values:
        values["secret_key"] = _kept_secret(data_dir / "secret_key")
    return Settings(**values)


def socket_path(data_dir: Path) -> Path:
    """Where Valkey listens for the shop whose data are in `data_dir`: the same path in every process.

    A path too long for a Unix socket is replaced by one in a private folder named after `data_dir`.
    """
    wanted = data_dir / "valkey.sock"
    if len(os.fsencode(wanted)) <= SOCKET_PATH_BYTES:
        return wanted
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"storefront-{os.getuid()}-{digest}" / "valkey.sock"


def _base_url(host: str, port: int) -> str:
    """A shop that listens everywhere is opened from a phone: its links carry the machine's address."""
    shown = lan_address() if host in ANY_ADDRESS else host
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"


def lan_address() -> str:
    """The machine's address towards other networks, 127.0.0.1 when there is none; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def _read(name: str, raw: str) -> Any:
    try:
        return READERS.get(name, _text)(raw)
    except (ValueError, KeyError, OSError) as error:
        raise SettingError(f"{name.upper()}={raw!r} cannot be used: {error}") from error


def _kept_secret(path: Path) -> str:
    """The secret of a shop that was given none: made once, readable by its owner only, kept with the data."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Written aside and linked into place: of two processes that start at once, one wins and both read the same.
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as draft:
            draft.write(secrets.token_urlsafe(48))
            draft.flush()
            with suppress(FileExistsError):
                os.link(draft.name, path)
    return path.read_text().strip()
