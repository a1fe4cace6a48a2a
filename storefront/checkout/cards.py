"""Buying a gift card: an order of its own with nothing to pack, send or tax, whose card is made once it is paid."""

from dataclasses import dataclass

from sqlalchemy import func, select

from storefront.accounts.service import ensure_customer
from storefront.checkout.service import PAY_WITHIN, SHOPPER, PlacedOrder, once
from storefront.config import Settings
from storefront.core import clock
from storefront.core.db import joined, retry_deadlocks, transaction
from storefront.core.errors import N_, InvalidInput
from storefront.core.money import format_minor, to_minor
from storefront.orders import service as orders
from storefront.orders.draft import Address, DraftLine, OrderDraft
from storefront.orders.models import BY_MAIL, OrderStatus
from storefront.orders.totals import PricedLine, compute
from storefront.payments.models import Payment
from storefront.promotions import sold_cards
from storefront.promotions.sold_cards import Gift
from storefront.tax.rules import UNTAXED

SKU = "GIFT-CARD"
# In minor units, so that they make sense in every currency: 25.00 pounds, 2,500 yen, 25.000 dinars.
AMOUNTS = (2500, 5000, 10_000)
LIMITS = (1000, 50_000)


class NoSuchCard(InvalidInput):
    """A card of that amount is not for sale."""

    message = N_("Choose an amount from %(lowest)s to %(highest)s.")


@dataclass(frozen=True, kw_only=True)
class OfferedCards:
    """The amounts that are offered, and between which others are free, in minor units; no limits: none is."""

    amounts: tuple[int, ...]
    limits: tuple[int, int] | None
    currency: str

    def check(self, amount_minor: int) -> None:
        """Whether a card of that amount is sold; raises NoSuchCard."""
        lowest, highest = self.limits or (self.amounts[0], self.amounts[-1])
        is_free = self.limits is not None and lowest <= amount_minor <= highest
        if not is_free and amount_minor not in self.amounts:
            told = {"lowest": format_minor(lowest, self.currency), "highest": format_minor(highest, self.currency)}
            raise NoSuchCard(field="amount", **told)


@dataclass(frozen=True, kw_only=True)
class CardWish:
    """What the buyer sends; `key` is made with the form, once. `line_name` is what the card is called in the order."""

    key: str
    amount_minor: int
    email: str
    gift: Gift
    line_name: str
    country: str
    user_id: int | None = None


def offered_cards(settings: Settings) -> OfferedCards | None:
    """What this shop sells; None when it sells no cards."""
    given, bounds, currency = settings.gift_card_amounts, settings.gift_card_limits, settings.currency
    amounts = AMOUNTS if given is None else tuple(to_minor(one, currency) for one in given)
    limits = LIMITS if bounds is None else tuple(to_minor(one, currency) for one in bounds)
    if given == ():
        return None
    return OfferedCards(amounts=amounts, limits=(limits[0], limits[1]) if limits else None, currency=currency)


def buy(wish: CardWish, offered: OfferedCards) -> PlacedOrder:
    """Place the order for a card; one transaction, idempotent on `wish.key`. Raises NoSuchCard.

    Neither coupons nor other cards pay for it, and it cannot be paid later.
    """
    offered.check(wish.amount_minor)
    return once(wish.key, lambda: _place(wish, offered.currency))


@retry_deadlocks
def issue(order_id: int, secret_key: str) -> None:
    """Make and mail the card of a paid order, which is done with that; opens a transaction, idempotent.

    Money that is not there, goes back or is gone makes no card.
    """
    with transaction():
        order = orders.lock(joined(), order_id)
        is_sold = order.status in {OrderStatus.PAID, OrderStatus.FULFILLED}
        if not is_sold or _kept_minor(order_id) != order.total_minor:
            return
        last_four = sold_cards.make(order_id, order.total_minor, order.currency, secret_key)
        if last_four is not None and order.status is OrderStatus.PAID:
            orders.move(order_id, OrderStatus.PAID, OrderStatus.FULFILLED, "shop", "fulfilled", last_four=last_four)


@retry_deadlocks
def _place(wish: CardWish, currency: str) -> PlacedOrder:
    with transaction():
        order = orders.create(_draft(wish, currency), SHOPPER)
        sold_cards.note(order.id, wish.gift)
        return PlacedOrder(order.id, order.token, [], is_payable=True)


def _draft(wish: CardWish, currency: str) -> OrderDraft:
    """A card is taxed when it is spent: what it will buy, and where that goes, is not known before."""
    nowhere = Address(email=wish.email, name=wish.gift.giver, line1="", city="", postcode="", country="")
    line = DraftLine(
        variant_id=None,
        sku=SKU,
        name=wish.line_name,
        variant_name="",
        quantity=1,
        unit_price_minor=wish.amount_minor,
    )
    return OrderDraft(
        checkout_key=wish.key,
        address=nowhere,
        lines=[line],
        currency=currency,
        shipping_method=BY_MAIL,
        shipping_name="By e-mail",
        totals=compute([PricedLine(1, wish.amount_minor, UNTAXED)], 0, UNTAXED),
        locale=wish.gift.locale,
        expires_at=clock.now() + PAY_WITHIN,
        user_id=wish.user_id,
        customer_id=ensure_customer(wish.email, wish.country),
    )


def _kept_minor(order_id: int) -> int:
    """What was taken for the order and is not on its way back."""
    kept = func.sum(Payment.captured_minor - Payment.refunded_minor)
    return int(joined().scalar(select(kept).where(Payment.order_id == order_id)) or 0)
