"""Guest checkout on one page: GET shows it, POST places the order and leads to the payment."""

import secrets
from contextlib import suppress
from typing import Any

from flask import Blueprint, flash, make_response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.accounts import addresses
from storefront.accounts.addresses import PARTS
from storefront.accounts.models import SavedAddress
from storefront.cart import service as carts
from storefront.cart.models import Cart
from storefront.cart.queries import find_cart, items_minor, map_wanted
from storefront.cart.shortage import free_now, remember_short
from storefront.checkout import codes, service
from storefront.checkout.forms import CheckoutForm, country_choices
from storefront.checkout.keeping import keep, shown_hold
from storefront.checkout.quote import NOTHING_APPLIED, Quote, QuotedLine
from storefront.checkout.service import PlacedOrder
from storefront.core.db import db
from storefront.core.errors import Conflict, InvalidInput
from storefront.core.web import page, public, see_other, settings, tell, wants_fragment
from storefront.core.web.language import current
from storefront.core.web.visit import (
    cart_token,
    is_first_checkout,
    kept_hold,
    last_order,
    remember_hold,
    remember_order,
    user_id,
)
from storefront.insight.funnel import FunnelStep, get_tally
from storefront.insight.queueing.shown import current_promise
from storefront.orders.words import ShownTotals, quote_totals
from storefront.payments.door import Payer, to_provider, visitor
from storefront.payments.gateways import get_gateway
from storefront.payments.offline import ONLINE, OfflineMethod, list_offline
from storefront.payments.shield import Assessment, Verdict, get_shield
from storefront.promotions.coupons import CodeRefused
from storefront.shipping.queries import find_served_countries
from storefront.shipping.words import method_words
from storefront.stock.holds import get_holds
from storefront.stock.queries import map_available
from storefront.stock.service import OutOfStock

blueprint = Blueprint("checkout", __name__)


@blueprint.get("/checkout")
@public
def show() -> Response:
    """The form; `?country=` and `?shipping_method=` change what is offered and what it costs."""
    wanted = _wanted()
    if not wanted:
        return see_other(url_for("cart.show"))
    try:
        keep(wanted)
    except OutOfStock as error:
        return _to_cart(error)
    if is_first_checkout():
        get_tally().note(FunnelStep.CHECKOUT)
    form = CheckoutForm(request.args, data=_known())
    form.key.data = secrets.token_urlsafe(24)
    return _again(form, 200)


@blueprint.post("/checkout/hold")
@public
def keep_longer() -> Response:
    """Keep the cart's goods for the full time again."""
    wanted = _wanted()
    if not wanted:
        return see_other(url_for("cart.show"))
    try:
        keep(wanted, is_anew=True)
    except OutOfStock as error:
        return _to_cart(error)
    if wants_fragment():
        return page("checkout/show.html", fragment="hold", hold=shown_hold())
    return see_other(url_for("checkout.show"))


@blueprint.post("/checkout")
@public
def place() -> Response:
    """Place the order and go to the payment; what cannot be placed comes back with everything that was typed."""
    form = CheckoutForm()
    _offer(form)
    return _other_button(form) or _order(form)


def _other_button(form: CheckoutForm) -> Response | None:
    """What one of the buttons asks for that order nothing; None for the one that does."""
    if "update" in request.form:
        return _again(form, 200)
    if "address" in request.form:
        return _take_address(form)
    if "take" in request.form:
        return _take_what_is_left(form)
    # A code that was typed is looked at before anything is ordered, whichever button was pressed.
    return _change_codes(form) if form.code.data or {"drop", "credit"} & request.form.keys() else None


def _order(form: CheckoutForm) -> Response:
    if not form.validate():
        return _again(form, 422)
    found = get_shield().assess(visitor(form.email.data or ""))
    if found.verdict is Verdict.REFUSE:
        form.form_errors.append(
            _("Too many payments were tried from your connection. Try again in ten minutes; your cart waits for you.")
        )
        return _again(form, 429)
    return _place(form, found)


def _place(form: CheckoutForm, found: Assessment) -> Response:
    kept = kept_hold()
    # Whoever has to wait or to show who they are first has no attempt to pay yet.
    gateway = get_gateway() if found.verdict is Verdict.ALLOW else None
    try:
        placed = service.check_out(cart_token(), _data(form), get_holds(), kept[0] if kept else None, gateway)
    except service.EmptyCart:
        return _ordered_already()
    except OutOfStock as error:
        remember_short(error.facts["lines"])
        return _again(form, 409)
    except (Conflict, InvalidInput) as error:
        if isinstance(error, CodeRefused):
            codes.drop_coupon()
        form.form_errors.append(tell(error))
        return _again(form, 409)
    remember_hold(None)
    codes.keep(NOTHING_APPLIED)
    remember_order(placed.token)
    _save_address(form)
    return _to_payment(placed, form.email.data or "", found)


def _save_address(form: CheckoutForm) -> None:
    """Keep where it went, when that was wanted; the order stands whatever becomes of that."""
    if form.save_address.data and current_user.is_authenticated:
        with suppress(addresses.TooManyAddresses):
            addresses.add(current_user.id, {name: form[name].data or "" for name in PARTS})


def _take_address(form: CheckoutForm) -> Response:
    """Fill in one of the address book; everything else that was typed stays."""
    chosen = addresses.get_address(db.session(), user_id() or 0, request.form.get("address", 0, type=int))
    for name, value in chosen.parts.items():
        form[name].data = value
    return _again(form, 200)


def _own_addresses() -> list[SavedAddress]:
    """The address book, as far as something goes there."""
    if not current_user.is_authenticated:
        return []
    served = find_served_countries(db.session())
    found = addresses.list_addresses(db.session(), user_id() or 0)
    return [one for one in found if served is None or one.country in served]


def _to_cart(error: OutOfStock) -> Response:
    """The cart says which lines are short; htmx is told to leave the page, its answer would land inside of it."""
    remember_short(error.facts["lines"])
    answer = see_other(url_for("cart.show"))
    if wants_fragment():
        answer = make_response("", 204)
        answer.headers["HX-Redirect"] = url_for("cart.show")
    return answer


def _take_what_is_left(form: CheckoutForm) -> Response:
    """Make a line as short as what is free, or remove it, and keep the rest; everything that was typed stays."""
    cart, wanted = _read_cart(), request.form.get("take", 0, type=int)
    line = next((line for line in cart.lines if line.variant_id == wanted), None) if cart else None
    if line is not None:
        free = free_now(map_available(db.session(), [wanted]))[wanted]
        carts.change_line(cart_token(), line.id, max(0, min(free, line.quantity)))
        flash(_("Your order has changed. Look at the new total before you order."), "warn")
    kept = _wanted()
    if not kept:
        return see_other(url_for("cart.show"))
    try:
        keep(kept)
    except OutOfStock as error:
        remember_short(error.facts["lines"])
        return _again(form, 409)
    return _again(form, 200)


def _change_codes(form: CheckoutForm) -> Response:
    """Apply or drop a code; everything that was typed stays."""
    cart = _read_cart()
    if cart is None:
        return _ordered_already()
    return _again(form, 200 if codes.change(form, items_minor(cart)) else 422)


def _to_payment(placed: PlacedOrder, email: str, found: Assessment) -> Response:
    """The order stands whatever the provider answers: without its page the shopper pays from the order's page."""
    if placed.is_payable:
        return to_provider(Payer(placed.id, placed.token, email), found)
    return see_other(url_for("orders.show", token=placed.token))


def _ordered_already() -> Response:
    """The cart was ordered in another tab, or this form was sent again after the order: show that order."""
    token = last_order()
    flash(_("Your cart is empty: this order has been placed already."), "warn")
    return see_other(url_for("orders.show", token=token) if token else url_for("cart.show"))


def _wanted() -> dict[int, int]:
    return map_wanted(db.session(), cart_token())


def _read_cart() -> Cart | None:
    cart = find_cart(db.session(), cart_token())
    return cart if cart and cart.lines else None


def _again(form: CheckoutForm, status: int) -> Response:
    cart = _read_cart()
    if cart is None:
        return _ordered_already()
    return _show(form, cart, status)


def _show(form: CheckoutForm, cart: Cart, status: int = 200) -> Response:
    _offer(form)
    quote = codes.quote_for(_quoted_lines(cart), form.country.data, form.shipping_method.data or None)
    _offer_methods(form, quote)
    form.quoted_minor.data = quote.due_minor if quote else 0
    form.quoted_minor.raw_data = None
    available = free_now(map_available(db.session(), [line.variant_id for line in cart.lines]))
    short = [line for line in cart.lines if available[line.variant_id] < line.quantity]
    return page(
        "checkout/show.html",
        status=status,
        form=form,
        blank=_blank(form),
        cart=cart,
        hold=None if short else shown_hold(),
        available=available,
        short=short,
        payment_hints={
            ONLINE: ("", _("By card, wallet or bank, on the next page")),
            **{one.code: ("", one.hint) for one in _offline(form.country.data)},
        },
        quote=quote,
        shown_totals=_totals(quote) if quote else None,
        codes=codes.shown_codes(codes.applied()),
        credit_minor=codes.credit_minor(),
        currency=settings().currency,
        addresses=_own_addresses(),
        chosen_parts={name: form[name].data or "" for name in PARTS},
    )


def _blank(form: CheckoutForm) -> tuple[Any, ...] | None:
    """What the fields about the person depend on while nothing is typed in them and nothing is known; else None."""
    if form.is_submitted() or request.args or current_user.is_authenticated:
        return None
    return (form.country.data, tuple(form.country.choices or ()))


def _totals(quote: Quote) -> ShownTotals:
    code, shipping = quote.coupon.code if quote.coupon else "", method_words(quote.offer.name)
    return quote_totals(quote.totals, settings().currency, code, shipping, quote.credit_minor)


def _quoted_lines(cart: Cart) -> list[QuotedLine]:
    return [
        QuotedLine(line.quantity, line.variant.price_minor, line.variant.weight_grams, line.variant.product.tax_class)
        for line in cart.lines
    ]


def _offer(form: CheckoutForm) -> None:
    """Fill the choices: countries that something goes to, and the ways to pay there."""
    served = find_served_countries(db.session())
    form.country.choices = [(code, name) for code, name in country_choices() if served is None or code in served]
    if form.country.data not in {choice[0] for choice in form.country.choices}:
        home = settings().country
        form.country.data = home if served is None or home in served else next(iter(form.country.choices), ("",))[0]
    # What can be chosen of it is known once the cart is quoted; the order looks again.
    form.shipping_method.validate_choice = False
    form.shipping_method.choices = []
    later = _offline(form.country.data)
    form.payment_method.choices = [(ONLINE, _("Pay now")), *((one.code, str(one.label)) for one in later)]
    if form.payment_method.data not in {ONLINE, *(one.code for one in later)}:
        form.payment_method.data = ONLINE


def _offer_methods(form: CheckoutForm, quote: Quote | None) -> None:
    """The ways to send this cart, the chosen one or the first of them marked."""
    offers = quote.offers if quote else []
    form.shipping_method.choices = [(offer.code, method_words(offer.name)) for offer in offers]
    form.shipping_method.data = quote.offer.code if quote else None


def _offline(country: str) -> list[OfflineMethod]:
    return list_offline(settings().offline_methods, country, settings().country)


def _known() -> dict[str, str]:
    """What we know of somebody who is signed in."""
    if not current_user.is_authenticated:
        return {}
    known = {"email": current_user.email, "name": current_user.name}
    saved = _own_addresses()
    return {**known, **saved[0].parts} if saved else known


def _data(form: CheckoutForm) -> service.CheckoutData:
    hold = shown_hold()
    return service.CheckoutData(
        key=form.key.data or "",
        address=form.address(),
        shipping_method=form.shipping_method.data,
        quoted_minor=form.quoted_minor.data or 0,
        locale=current(),
        currency=settings().currency,
        payment_method=form.payment_method.data,
        applied=codes.applied(),
        kept_until=hold.expires_at if hold else None,
        ship_by=current_promise().day,
        user_id=user_id(),
    )
