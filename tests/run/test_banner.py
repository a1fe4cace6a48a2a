"""What the banner says."""

from pathlib import Path

from storefront.config import Settings
from storefront.run import banner


def settings(**changed: object) -> Settings:
    values = {
        "secret_key": "s",
        "data_dir": Path("/data"),
        "base_url": "http://127.0.0.1:8000",
        "mail_url": "file:///data/mail",
    }
    return Settings(**{**values, **changed})  # type: ignore[arg-type]


def test_banner_names_address_logins_mail_and_the_way_out() -> None:
    text = banner.render_banner(settings(), [("Staff", "staff@example.com", "word")])
    for part in ("http://127.0.0.1:8000", "staff@example.com", "word", "/data/mail", "Ctrl-C stops"):
        assert part in text


def test_shop_on_every_address_shows_one_a_phone_can_open() -> None:
    text = banner.render_banner(settings(host="0.0.0.0"), [])
    assert "0.0.0.0" not in text
    assert f"http://{banner.lan_address() or ''}" in text


def test_mail_password_is_not_shown() -> None:
    assert banner.mail_place("smtp://shop:secretword@mail.example.com:587") == "goes to mail.example.com:587"
