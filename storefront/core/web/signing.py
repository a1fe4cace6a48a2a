"""What the shop signs, cookies and the tokens of forms, it signs with HMAC-SHA-256; its libraries would take SHA-1."""

import hashlib

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import Signer


class Sessions(SecureCookieSessionInterface):
    """Flask's session, in a cookie."""

    digest_method = staticmethod(hashlib.sha256)


def init_signing(app: Flask) -> None:
    """Bind it; the tokens of forms take the default of the library that signs."""
    Signer.default_digest_method = staticmethod(hashlib.sha256)
    app.session_interface = Sessions()
