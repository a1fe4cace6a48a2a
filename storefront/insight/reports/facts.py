"""The five facts of the weekly letter, each with the page that has more of it."""

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from storefront.insight import goods, queries, words
from storefront.insight.cards import make_cards
from storefront.insight.goods import GoodsSort
from storefront.insight.periods import Span
from storefront.insight.reports.actions import Action


def list_facts(session: Session, span: Span, base_url: str) -> list[Action]:
    """Five, whatever the week was like; none is left out because it is bad news."""
    sums = queries.sum_totals(session, span)
    until = f"days={span.days}&until={span.last.isoformat()}"
    page = f"{base_url}/admin/insight"
    return [
        Action(_sales(session, span), _("See the week"), f"{page}?{until}"),
        Action(_orders(session, span), _("See every figure"), f"{page}/sales?{until}"),
        Action(_best(session, span, sums["net_minor"]), _("See all products"), f"{page}/products?{until}"),
        Action(_buyers(sums), _("See the customers"), f"{page}/customers?{until}"),
        Action(_refunds(session, span, sums), _("See what came back"), f"{page}/products?sort=refunds&{until}"),
    ]


def _sales(session: Session, span: Span) -> str:
    (card,) = make_cards(session, span, ["net"])
    if not card.value and not card.before:
        return str(_("Nothing was sold this week, nor in the week before."))
    facts = {"value": card.text, "change": card.change.text, "before": card.change.earlier_text}
    if card.year_change is None:
        return str(_("You sold goods for %(value)s net (%(change)s on the week before: %(before)s).", **facts))
    return str(
        _(
            "You sold goods for %(value)s net (%(change)s on the week before: %(before)s; %(year)s on a year before).",
            **facts,
            year=card.year_change.text,
        )
    )


def _orders(session: Session, span: Span) -> str:
    orders, average = make_cards(session, span, ["orders", "average-order"])
    text: str = ngettext(
        "%(shown)s order came in (%(change)s), worth %(average)s on average (%(moved)s).",
        "%(shown)s orders came in (%(change)s), worth %(average)s on average (%(moved)s).",
        orders.value,
        shown=orders.text,
        change=orders.change.text,
        average=average.text,
        moved=average.change.text,
    )
    return text


def _best(session: Session, span: Span, net_minor: int) -> str:
    found = goods.list_products(session, span, size=1).items
    if not found or found[0].sums["net_minor"] <= 0 or net_minor <= 0:
        return str(_("No product brought anything this week."))
    best = found[0]
    share = words.percent(best.sums["net_minor"] / net_minor)
    facts = {"name": best.name, "money": words.money(best.sums["net_minor"]), "share": share}
    text: str = ngettext(
        "Best was “%(name)s”: %(units)s piece for %(money)s net, %(share)s of all.",
        "Best was “%(name)s”: %(units)s pieces for %(money)s net, %(share)s of all.",
        best.sums["units"],
        units=words.number(best.sums["units"]),
        **facts,
    )
    return text


def _buyers(sums: dict[str, int]) -> str:
    new, again = sums["new_buyers"], sums["returning_buyers"]
    text: str = ngettext(
        "%(shown)s customer bought for the first time; %(again)s came back.",
        "%(shown)s customers bought for the first time; %(again)s came back.",
        new,
        shown=words.number(new),
        again=words.number(again),
    )
    return text


def _refunds(session: Session, span: Span, sums: dict[str, int]) -> str:
    if not sums["refund_minor"]:
        return str(_("Nothing was refunded."))
    share = words.percent(sums["refund_minor"] / sums["gross_minor"]) if sums["gross_minor"] else "–"
    most = goods.list_products(session, span, GoodsSort.REFUNDS, size=1).items[0]
    return str(
        _(
            "%(money)s went back (%(share)s of gross sales), most of it for “%(name)s”.",
            money=words.money(sums["refund_minor"]),
            share=share,
            name=most.name,
        )
    )
