"""Mail leaves through a real SMTP server, or lies in a folder; nobody can write headers into it."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from storefront.config import Settings, load_settings
from storefront.core import clock
from storefront.core.mail import Mail, MailNotSent, MailRefused, compose, send
from tests.fixtures.servers import free_port
from tests.fixtures.smtp import Postbox, check_password, running_smtp

MAIL = Mail(
    key="order-k7qf-3m2p-confirmed",
    to="ada@example.com",
    subject="Your order – thank you",
    text="Thank you, 艾达.",
    html="<p>Thank you, 艾达.</p>",
    locale="zh_Hans",
)


@pytest.fixture
def box() -> Iterator[Postbox]:
    with running_smtp() as box:
        yield box


def settings_for(folder: Path, mail_url: str) -> Settings:
    environ = {"SECRET_KEY": "x", "DATA_DIR": str(folder), "MAIL_URL": mail_url, "MAIL_FROM": "shop@shop.example"}
    return load_settings(environ)


def test_a_mail_arrives_with_both_its_texts(tmp_path: Path, box: Postbox) -> None:
    send(MAIL, settings_for(tmp_path, f"smtp://{box.url}"))
    (message,) = box.messages
    assert box.recipients == [["ada@example.com"]]
    assert message["From"] == "Linden & Rye <shop@shop.example>"
    assert (message["To"], message["Subject"]) == ("ada@example.com", "Your order – thank you")
    assert message["Content-Language"] == "zh-Hans"
    assert message["Auto-Submitted"] == "auto-generated"
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().strip() == MAIL.text
    assert html.get_content().strip() == MAIL.html


def test_a_mail_sent_twice_carries_the_same_id(tmp_path: Path, box: Postbox) -> None:
    settings = settings_for(tmp_path, f"smtp://{box.url}")
    send(MAIL, settings)
    send(MAIL, settings)
    assert [message["Message-ID"] for message in box.messages] == [f"<{MAIL.key}@shop.example>"] * 2


def test_a_recipient_that_the_server_refuses_is_told(tmp_path: Path, box: Postbox) -> None:
    with pytest.raises(MailNotSent, match="no such mailbox"):
        send(replace(MAIL, to="nobody@example.com"), settings_for(tmp_path, f"smtp://{box.url}"))
    assert box.messages == []


@pytest.mark.parametrize(("recipient", "is_final"), [("nobody@example.com", True), ("later@example.com", False)])
def test_what_is_refused_for_good_is_told_from_what_may_be_taken_later(
    tmp_path: Path, box: Postbox, recipient: str, is_final: bool
) -> None:
    with pytest.raises(MailNotSent) as refused:
        send(replace(MAIL, to=recipient), settings_for(tmp_path, f"smtp://{box.url}"))
    assert isinstance(refused.value, MailRefused) is is_final


def test_a_server_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with pytest.raises(MailNotSent):
        send(MAIL, settings_for(tmp_path, f"smtp://127.0.0.1:{free_port()}"))


def test_a_mail_is_never_sent_in_the_clear_where_encryption_is_asked_for(tmp_path: Path, box: Postbox) -> None:
    with pytest.raises(MailNotSent, match="STARTTLS"):
        send(MAIL, settings_for(tmp_path, f"smtp+tls://{box.url}"))
    with pytest.raises(MailNotSent):
        send(MAIL, settings_for(tmp_path, f"smtps://{box.url}"))
    assert box.messages == []


def make_certificate(folder: Path) -> Path:
    """One for 127.0.0.1 that nobody but itself vouches for, with its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(clock.now() - timedelta(days=1)).not_valid_after(clock.now() + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    pem = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    file = folder / "certificate.pem"
    file.write_bytes(pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


@pytest.mark.parametrize("is_vouched_for", [False, True])
def test_a_server_whose_certificate_nobody_vouches_for_gets_no_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_vouched_for: bool
) -> None:
    file = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    if is_vouched_for:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with running_smtp(tls_context=context) as box:
        settings = settings_for(tmp_path, f"smtp+tls://{box.url}")
        if is_vouched_for:
            send(MAIL, settings)
        else:
            with pytest.raises(MailNotSent, match="self-signed certificate"):
                send(MAIL, settings)
    assert len(box.messages) == is_vouched_for


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(("password", "arrives"), [("s3cret%2Fword", True), ("wrong", False)])
def test_name_and_password_of_the_url_are_used(tmp_path: Path, password: str, arrives: bool) -> None:
    options = {
        "auth_required": True,
        "auth_require_tls": False,
        "authenticator": check_password,
    }
    with running_smtp(**options) as box:
        settings = settings_for(tmp_path, f"smtp://ada%40example.com:{password}@{box.url}")
        if arrives:
            send(MAIL, settings)
        else:
            with pytest.raises(MailNotSent):
                send(MAIL, settings)
    assert len(box.messages) == arrives


def test_a_folder_keeps_each_mail_once_under_its_key(tmp_path: Path) -> None:
    folder = tmp_path / "post box"
    settings = settings_for(tmp_path, f"file://{tmp_path}/post%20box")
    send(MAIL, settings)
    send(MAIL, settings)
    (kept,) = folder.iterdir()
    assert kept.name == f"{MAIL.key}.eml"
    assert message_from_bytes(kept.read_bytes(), policy=default)["To"] == "ada@example.com"


@pytest.mark.parametrize("field", ["to", "subject", "key", "locale"])
@pytest.mark.parametrize("evil", ["x\r\nBcc: eve@example.com", "x\nBcc: eve@example.com", "x\rBcc: eve@example.com"])
def test_nobody_writes_headers_into_a_mail(tmp_path: Path, box: Postbox, field: str, evil: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)linefeed|newline"):
        send(replace(MAIL, **{field: evil}), settings_for(tmp_path, f"smtp://{box.url}"))
    assert box.messages == []


def test_a_list_of_addresses_is_no_recipient(tmp_path: Path, box: Postbox) -> None:
    with pytest.raises(ValueError, match="one address"):
        send(replace(MAIL, to="ada@example.com, eve@example.com"), settings_for(tmp_path, f"smtp://{box.url}"))
    assert box.messages == []


def test_the_name_of_the_shop_cannot_break_the_sender(tmp_path: Path) -> None:
    environ = {"SECRET_KEY": "x", "DATA_DIR": str(tmp_path), "SHOP_NAME": 'A "B", <C>', "MAIL_FROM": "s@shop.example"}
    (sender,) = compose(MAIL, load_settings(environ))["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ('A "B", <C>', "s@shop.example")
