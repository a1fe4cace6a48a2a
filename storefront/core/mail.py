"""Mail: one message, one way out. `MAIL_URL` says where: an SMTP server, or a folder of .eml files."""

import re
import smtplib
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from email.utils import formataddr, formatdate
from pathlib import Path
from urllib.parse import unquote, urlsplit

from storefront.config import Settings
from storefront.core.errors import N_, Unavailable

TIMEOUT_SECONDS = 15
# In the data folder, until there is a server.
MAIL_FOLDER = "mail"
ADDRESS = re.compile(r"[\w.+'-]+@[\w.-]+\w")


class MailNotSent(Unavailable):
    """The mail server did not take the message; the job tries again."""

    message = N_("The mail could not be handed over: %(reason)s")


class MailRefused(MailNotSent):
    """The server will never take a message to this address: trying again is no use."""


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True)
class Mail:
    """A message in text and HTML. `key` names it: sent twice, it carries the same Message-ID, so it can be told.

    `stop_url` takes the POST of a mail program's own button "unsubscribe" (RFC 8058).
    """

    key: str
    to: str
    subject: str
    text: str
    html: str
    locale: str = "en"
    attachments: tuple[Attachment, ...] = ()
    stop_url: str = ""


def send(mail: Mail, settings: Settings) -> None:
    """Hand `mail` over; raises MailNotSent when the server refuses or does not answer, MailRefused when for good."""
    if not mail.to:
        return  # Whoever it was for has been forgotten.
    message = compose(mail, settings)
    target = urlsplit(settings.mail_url)
    if target.scheme == "file":
        _keep(message, Path(unquote(target.path)), mail.key)
        return
    try:
        _hand_over(message, settings.mail_url)
    except smtplib.SMTPRecipientsRefused as error:
        is_final = all(code >= 500 for code, _answer in error.recipients.values())
        raise (MailRefused if is_final else MailNotSent)(reason=str(error)) from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailNotSent(reason=str(error)) from error


def compose(mail: Mail, settings: Settings) -> EmailMessage:
    """The message as it goes out; raises ValueError for a second address or a line break in a header."""
    message = EmailMessage()
    message["From"] = formataddr((settings.shop_name, settings.mail_from))
    message["To"] = mail.to
    if len(message["To"].addresses) != 1:
        raise ValueError("a mail goes to one address")
    message["Subject"] = mail.subject
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = f"<{mail.key}@{settings.mail_from.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if mail.stop_url:
        message["List-Unsubscribe"] = f"<{mail.stop_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for file in mail.attachments:
        kind, _, rest = file.content_type.partition("/")
        message.add_attachment(file.content, maintype=kind, subtype=rest, filename=file.name)
    # Set before, it would have moved into the first part with every other header about content.
    message["Content-Language"] = mail.locale.replace("_", "-")
    return message


def _keep(message: EmailMessage, folder: Path, key: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{key}.eml").write_bytes(bytes(message))


def forget_kept(addresses: Iterable[str], settings: Settings) -> int:
    """Delete the mails kept in a folder that are to one of these addresses or speak of it; returns how many.

    The folder of a shop that has a mail server by now is searched as well: it may have had none before.
    """
    wanted, count = {address.lower() for address in addresses if address}, 0
    for file in sorted({file for folder in _folders(settings) for file in folder.glob("*.eml")}):
        if not wanted.isdisjoint(ADDRESS.findall(_words(file))):
            file.unlink(missing_ok=True)
            count += 1
    return count


def _folders(settings: Settings) -> set[Path]:
    target = urlsplit(settings.mail_url)
    kept = {Path(unquote(target.path))} if target.scheme == "file" else set()
    return kept | {settings.data_dir.resolve() / MAIL_FOLDER}


def _words(file: Path) -> str:
    """What a person reads in a mail, whatever it is encoded as, and whom it is to; lower case."""
    message = message_from_bytes(file.read_bytes(), policy=default_policy)
    texts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join([str(message["To"]), *texts]).lower()


def _hand_over(message: EmailMessage, mail_url: str) -> None:
    target = urlsplit(mail_url)
    host, port = target.hostname or "localhost", target.port
    if target.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port or 465, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(host, port or 25, timeout=TIMEOUT_SECONDS)
    with server:
        if target.scheme == "smtp+tls":
            server.starttls(context=ssl.create_default_context())
        if target.username:
            server.login(unquote(target.username), unquote(target.password or ""))
        server.send_message(message)
