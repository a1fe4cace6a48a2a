"""Mails about an account: links that show whose an address is, and what was changed."""

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from storefront.accounts.models import MailProof, ProofKind, User
from storefront.accounts.proofs import token_of
from storefront.accounts.queries import find_user
from storefront.config import Settings
from storefront.core.db import db
from storefront.core.mail import Mail, send

# Subject, what it says, and the words on its button.
LETTERS = {
    ProofKind.REGISTER: (
        _l("Open your account"),
        _l("Follow this link to open your account. It is good for one day."),
        _l("Open my account"),
    ),
    ProofKind.SIGN_IN: (
        _l("Your link to sign in"),
        _l("Follow this link to sign in without a password. It is good for 20 minutes."),
        _l("Sign in"),
    ),
    ProofKind.RESET: (
        _l("Choose a new password"),
        _l("Follow this link to choose a new password. It is good for one hour."),
        _l("Choose a new password"),
    ),
    ProofKind.CHANGE_EMAIL: (
        _l("Is this your new address?"),
        _l("Follow this link to sign in with this address from now on. It is good for one day."),
        _l("Use this address"),
    ),
    ProofKind.INVITE: (
        _l("You are invited to work at our desk"),
        _l("Follow this link to join the staff of this shop. It is good for three days, and once."),
        _l("Join the staff"),
    ),
}
CHANGES = {
    "password": (
        _l("Your password was changed"),
        _l("The password of your account was changed, and every browser was signed out."),
    ),
    "factor": (
        _l("Your second factor is in use"),
        _l("From now on your account asks for a code of the moment besides the password."),
    ),
    "factor_reset": (
        _l("Your second factor was taken away"),
        _l("Somebody at the desk has taken your second factor away, so that you can set it up anew when you sign in."),
    ),
    "signed_out": (
        _l("You were signed out everywhere"),
        _l("Somebody at the desk has signed your account out of every browser."),
    ),
    "email": (
        _l("Your e-mail address was changed"),
        _l("The e-mail address of your account was changed."),
    ),
    "passkey_added": (
        _l("A passkey was added"),
        _l("A passkey was added to your account. Whoever has its device can sign in with it."),
    ),
    "passkey_removed": (
        _l("A passkey was removed"),
        _l("A passkey was removed from your account. It signs in nowhere any more."),
    ),
}


def send_proof(proof_id: int, settings: Settings) -> None:
    """Mail the link of a proof, or what fits whoever has that address; nobody is written to who has no account.

    Raises MailNotSent.
    """
    session = db.session()
    proof = session.get(MailProof, proof_id)
    mail = None
    if proof is not None and proof.used_at is None:
        user = find_user(session, proof.email)
        mail = _fitting(proof, user, settings)
    session.rollback()
    if mail is not None:
        send(mail, settings)


def _fitting(proof: MailProof, user: User | None, settings: Settings) -> Mail | None:
    is_known = user is not None
    if proof.kind is ProofKind.INVITE:
        return link(proof, settings) if user is None or user.is_active else None
    if proof.kind in (ProofKind.REGISTER, ProofKind.CHANGE_EMAIL):
        return known(proof, settings) if is_known else link(proof, settings)
    return link(proof, settings) if user is not None and user.is_active else None


def link(proof: MailProof, settings: Settings) -> Mail:
    """The mail with the link."""
    with force_locale(proof.locale):
        subject, text, button = (str(words) for words in LETTERS[proof.kind])
        url = f"{settings.base_url}/account/links/{token_of(proof.salt, settings.secret_key)}"
        return _letter(_key(proof), proof.email, proof.locale, subject, text, button, url)


def known(proof: MailProof, settings: Settings) -> Mail:
    """For somebody who wanted to open an account and has one: nobody else is told that they do."""
    with force_locale(proof.locale):
        subject, text = _("You have an account already"), _("Somebody wanted to use this address for an account.")
        text += " " + _("There is one already: sign in, or ask for a link if you have forgotten your password.")
        url = f"{settings.base_url}/account/sign-in"
        return _letter(_key(proof), proof.email, proof.locale, subject, text, _("Sign in"), url)


def tell_changed(user_id: int, what: str, to: str, settings: Settings, mark: str = "") -> None:
    """Tell an address what was changed in an account; `mark` tells two such changes apart. Raises MailNotSent."""
    user = db.session().get(User, user_id)
    mail = None if user is None else changed(user, what, to, settings, mark)
    db.session.rollback()
    if mail is not None:
        send(mail, settings)


def changed(user: User, what: str, to: str, settings: Settings, mark: str = "") -> Mail:
    """The mail that says what was changed, and what to do when it was somebody else."""
    with force_locale(user.locale):
        subject, text = (str(words) for words in CHANGES[what])
        text += " " + _("If this was not you, answer this mail at once.")
        key = f"changed-{what}-{user.id}-{user.session_epoch}-{mark}-{to.partition('@')[0]}"
        url = f"{settings.base_url}/account/sign-in"
        return _letter(key, to, user.locale, subject, text, _("To your account"), url, is_asked=False)


def _key(proof: MailProof) -> str:
    """Never the same twice, though SQLite gives an id out again: mail programs drop what they had already."""
    return f"proof-{proof.id}-{proof.digest[:12]}"


def _letter(
    key: str, to: str, locale: str, subject: str, text: str, button: str, url: str, *, is_asked: bool = True
) -> Mail:
    context = {"subject": subject, "text": text, "button": button, "url": url, "is_asked": is_asked}
    return Mail(
        key=key,
        to=to,
        subject=subject,
        text=render_template("email/account.txt", **context),
        html=render_template("email/account.html", **context),
        locale=locale,
    )
