"""Settings come from the environment; a wrong one stops start-up and names itself."""

import stat
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from storefront import config
from storefront.config import SettingError, Settings, load_settings


def load(folder: Path, **environ: str) -> Settings:
    return load_settings({"SECRET_KEY": "a key for tests only", "DATA_DIR": str(folder), **environ})


def test_a_shop_without_settings_keeps_everything_in_its_data_folder(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/shop.sqlite3"
    assert settings.redis_url == f"unix://{tmp_path}/valkey.sock"
    assert settings.mail_url == f"file://{tmp_path}/mail"
    assert (settings.base_url, settings.local_url) == ("http://127.0.0.1:8000", "http://127.0.0.1:8000")


def test_every_role_of_redis_uses_the_one_server_unless_it_has_its_own(tmp_path: Path) -> None:
    settings = load(tmp_path, REDIS_URL="redis://one", REDIS_QUEUE_URL="redis://two")
    assert settings.redis_stock_url == settings.redis_cache_url == "redis://one"
    assert settings.redis_queue_url == "redis://two"


def test_an_empty_variable_is_no_setting(tmp_path: Path) -> None:
    assert load(tmp_path, PORT="", CURRENCY="").port == 8000


def test_settings_are_read_in_their_own_types(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        PORT="9000",
        CURRENCY="jpy",
        TIME_ZONE="Asia/Tokyo",
        LANGUAGES="en, zh_Hans,",
        STRIPE_WEBHOOK_SECRETS="whsec_new,whsec_old",
        BASE_URL="https://shop.example/",
    )
    assert (settings.port, settings.currency, settings.time_zone) == (9000, "JPY", ZoneInfo("Asia/Tokyo"))
    assert settings.languages == ("en", "zh_Hans")
    assert settings.stripe_webhook_secrets == ("whsec_new", "whsec_old")
    assert (settings.base_url, settings.is_secure) == ("https://shop.example", True)


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("TRUE", True), ("yes", True), ("on", True), ("0", False), ("No", False)]
)
def test_a_flag_may_be_written_in_several_ways(tmp_path: Path, text: str, value: bool) -> None:
    assert load(tmp_path, DEBUG=text).debug is value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "web"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("WEB_WORKERS", "0"),
        ("WEB_THREADS", "1000"),
        ("CURRENCY", "POUND"),
        ("CURRENCY", "XYZ"),
        ("TIME_ZONE", "Europe/Atlantis"),
        ("TIME_ZONE", "/etc/passwd"),
        ("DEBUG", "maybe"),
        ("DEMO", "2"),
    ],
)
def test_a_wrong_setting_names_itself(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingError, match=rf"^{name}='{value}' cannot be used: "):
        load(tmp_path, **{name: value})


def test_payments_go_to_the_demo_provider_until_there_is_a_key(tmp_path: Path) -> None:
    assert load(tmp_path).pays_with_demo
    assert not load(tmp_path, STRIPE_SECRET_KEY="sk_test_1").pays_with_demo


def test_a_shop_that_was_given_no_secret_makes_one_and_keeps_it(tmp_path: Path) -> None:
    environ = {"DATA_DIR": str(tmp_path / "var")}
    secret = load_settings(environ).secret_key
    assert len(secret) >= 64
    assert load_settings(environ).secret_key == secret
    assert stat.S_IMODE((tmp_path / "var" / "secret_key").stat().st_mode) == 0o600


def test_two_shops_make_two_secrets(tmp_path: Path) -> None:
    secrets = {load_settings({"DATA_DIR": str(tmp_path / name)}).secret_key for name in ("one", "two")}
    assert len(secrets) == 2


@pytest.mark.parametrize(
    ("host", "base", "local"),
    [
        ("192.0.2.7", "http://192.0.2.7:8000", "http://192.0.2.7:8000"),
        ("0.0.0.0", "http://198.51.100.4:8000", "http://127.0.0.1:8000"),
        ("::", "http://198.51.100.4:8000", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_links_carry_an_address_that_a_phone_can_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, base: str, local: str
) -> None:
    monkeypatch.setattr(config, "lan_address", lambda: "198.51.100.4")
    settings = load(tmp_path, HOST=host)
    assert (settings.base_url, settings.local_url) == (base, local)


def test_a_machine_without_a_network_still_has_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unplugged:
        def __init__(self, *_: object) -> None: ...

        def __enter__(self) -> "Unplugged":
            return self

        def __exit__(self, *_: object) -> None: ...

        def connect(self, _: object) -> None:
            raise OSError("network is unreachable")

    monkeypatch.setattr(config.socket, "socket", Unplugged)
    assert config.lan_address() == "127.0.0.1"
