"""The mails with the links to a copy of one's data, and to the end of an account."""

from flask import render_template
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from storefront.accounts.models import User
from storefront.config import Settings
from storefront.core.mail import Mail
from storefront.privacy.models import PrivacyRequest, RequestKind
from storefront.privacy.requests import token_of

# Subject, what it says, and the words on its button.
LETTERS = {
    RequestKind.EXPORT: (
        _l("Your data are ready"),
        _l("A copy of everything we know of you is ready. Sign in, and follow this link within two days."),
        _l("Fetch my data"),
    ),
    RequestKind.ERASURE: (
        _l("Delete your account?"),
        _l("Follow this link to delete your account and what we know of you. It is good for one hour."),
        _l("Look at what is deleted"),
    ),
}


def link(request: PrivacyRequest, user: User, settings: Settings) -> Mail:
    """The mail of a request."""
    with force_locale(user.locale):
        subject, text, button = (str(words) for words in LETTERS[request.kind])
        url = f"{settings.base_url}/account/privacy/{request.kind}s/{token_of(request.salt, settings.secret_key)}"
        context = {"subject": subject, "text": text, "button": button, "url": url, "is_asked": True}
        return Mail(
            key=f"privacy-{request.id}-{request.digest[:12]}",
            to=user.email,
            subject=subject,
            text=render_template("email/account.txt", **context),
            html=render_template("email/account.html", **context),
            locale=user.locale,
        )
