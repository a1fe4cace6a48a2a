"""What a person reads when the shop starts: where it is, who can sign in, where mail goes."""

import socket
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from storefront.config import Settings

EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104  # It is compared with, not listened on.
# A documentation address (RFC 5737): asking for the way to it sends nothing.
FAR_AWAY = ("192.0.2.1", 9)


def render_banner(settings: Settings, logins: Sequence[tuple[str, str, str]]) -> str:
    """The banner; `logins` are (role, e-mail, password) of the demo shop, none for a real one."""
    lines = [f"  {settings.shop_name}", f"  Shop      {address(settings)}"]
    if settings.host in EVERYWHERE:
        lines.append(f"            http://127.0.0.1:{settings.port} on this machine")
    lines += [f"  {role:<9} {email}  password {password}" for role, email, password in logins]
    lines.append(f"  Mail      {mail_place(settings.mail_url)}")
    lines.append(f"  Payments  {'demo, no money moves' if settings.pays_with_demo else 'Stripe'}")
    lines.append(f"  Data      {settings.data_dir}")
    lines.append("  Ctrl-C stops.")
    return "\n".join(["", *lines, ""])


def address(settings: Settings) -> str:
    """The address to open: on a phone too when the shop listens on every address of this machine."""
    if settings.host not in EVERYWHERE:
        return settings.base_url
    return f"http://{lan_address() or socket.gethostname()}:{settings.port}"


def lan_address() -> str:
    """The address of this machine as its network sees it; empty when there is no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(FAR_AWAY)
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def mail_place(mail_url: str) -> str:
    """Where mail goes, without the password of the mail server."""
    target = urlsplit(mail_url)
    if target.scheme == "file":
        return f"is kept in {unquote(target.path)}"
    return f"goes to {target.hostname}" + (f":{target.port}" if target.port else "")
