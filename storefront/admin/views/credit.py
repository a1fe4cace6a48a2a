"""Gift cards and store credit: what the shop owes in goods."""

import secrets
from functools import partial

from flask import flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin import lists, offer_words
from storefront.admin.desk import actor, blueprint, show_form
from storefront.admin.forms.offers import AdjustForm, CardForm, GrantForm, midnight
from storefront.admin.queries import map_names
from storefront.admin.words import actor_words
from storefront.core.db import db
from storefront.core.web import page, see_other, settings, staff, tell
from storefront.orders.queries import map_numbers
from storefront.promotions import credit as service
from storefront.promotions.queries import get_account, list_accounts, owed_minor


@blueprint.get("/credit")
@staff("promotions.edit")
def credit() -> Response:
    """One page of cards and credit, the newest first, narrowed by the URL, and what is owed in all."""
    currency, chosen = settings().currency, lists.read_words(request.args)
    return page(
        "admin/credit/index.html",
        fragment="results",
        found=list_accounts(db.session(), chosen.words, chosen.page),
        chosen=chosen,
        url=partial(url_for, "admin.credit", **chosen.arguments()),
        owed_minor=owed_minor(db.session(), currency),
        currency=currency,
        words=offer_words,
    )


@blueprint.get("/credit/cards/new")
@staff("promotions.edit")
def new_card() -> Response:
    """An empty form."""
    return _show_card(CardForm(formdata=None))


@blueprint.post("/credit/cards")
@staff("promotions.edit")
def create_card() -> Response:
    """Make a card, and show its code."""
    form = CardForm()
    if not form.validate():
        return _show_card(form, 422)
    card = service.issue_card(
        form.amount.data,
        settings().currency,
        secret_key=settings().secret_key,
        actor=actor(),
        email=form.email.data or "",
        reason=form.reason.data or "",
        expires_at=midnight(form.expires.data, settings().time_zone, days=1),
    )
    flash(_("The card is made. Its mail is on its way.") if form.email.data else _("The card is made."), "good")
    return see_other(url_for("admin.account", account_id=card.id))


@blueprint.get("/credit/grants/new")
@staff("promotions.edit")
def new_grant() -> Response:
    """An empty form."""
    return _show_grant(GrantForm(formdata=None, data={"key": secrets.token_urlsafe(16)}))


@blueprint.post("/credit/grants")
@staff("promotions.edit")
def create_grant() -> Response:
    """Give store credit; sending the same form again changes nothing."""
    form = GrantForm()
    if not form.validate():
        return _show_grant(form, 422)
    wanted = {"key": form.key.data or "", "actor": actor(), "reason": form.reason.data or ""}
    try:
        account_id = service.grant(form.email.data or "", form.amount.data, settings().currency, **wanted)
    except service.NoSuchAccount as error:
        form.email.errors = [tell(error)]
        return _show_grant(form, 409)
    flash(_("The credit is given. It can be used at checkout by whoever signs in with this address."), "good")
    return see_other(url_for("admin.account", account_id=account_id))


@blueprint.get("/credit/<int:account_id>")
@staff("promotions.edit")
def account(account_id: int) -> Response:
    """Balance, code and ledger of one of them."""
    return _show(account_id, AdjustForm(formdata=None, data={"key": secrets.token_urlsafe(16)}))


@blueprint.post("/credit/<int:account_id>/corrections")
@staff("promotions.edit")
def correct_account(account_id: int) -> Response:
    """Correct a balance; sending the same form again changes nothing."""
    form = AdjustForm()
    if not form.validate():
        return _show(account_id, form, 422)
    wanted = {"key": form.key.data or "", "actor": actor(), "reason": form.reason.data or ""}
    try:
        service.adjust(account_id, form.signed_minor(), **wanted)
    except service.CreditGone:
        form.amount.errors = [_("There is not so much on it.")]
        return _show(account_id, form, 409)
    flash(_("The balance is corrected."), "good")
    return see_other(url_for("admin.account", account_id=account_id))


@blueprint.post("/credit/<int:account_id>/state")
@staff("promotions.edit")
def switch_account(account_id: int) -> Response:
    """Block it, or open it again."""
    is_active = request.form.get("state") == "open"
    service.set_active(account_id, is_active=is_active)
    flash(_("It can be used again.") if is_active else _("It is blocked: nobody can pay with it."), "good")
    return see_other(url_for("admin.account", account_id=account_id))


def _show(account_id: int, form: AdjustForm, status: int = 200) -> Response:
    session = db.session()
    found = get_account(session, account_id)
    return page(
        "admin/credit/show.html",
        status=status,
        account=found,
        code=service.code_of(found.salt, settings().secret_key) if found.salt else "",
        form=form,
        numbers=map_numbers(session, [entry.order_id for entry in found.entries if entry.order_id]),
        names=map_names(session, {entry.actor for entry in found.entries}),
        words=offer_words,
        actor_words=actor_words,
    )


def _show_card(form: CardForm, status: int = 200) -> Response:
    crumb, action = (_("Credit"), url_for("admin.credit")), url_for("admin.create_card")
    return show_form(form, title=_("New gift card"), crumb=crumb, action=action, status=status)


def _show_grant(form: GrantForm, status: int = 200) -> Response:
    crumb, action = (_("Credit"), url_for("admin.credit")), url_for("admin.create_grant")
    return show_form(form, title=_("Give store credit"), crumb=crumb, action=action, status=status)
