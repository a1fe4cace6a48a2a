"""What somebody pays with: test cards, and bank debits, whose answer comes later."""

import json
import re
import sqlite3
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from storefront.payments.demo_provider import cards
from storefront.payments.demo_provider.cards import Refusal, Verdict
from storefront.payments.demo_provider.desk import Desk, new_id
from storefront.payments.demo_provider.errors import ParamError
from storefront.payments.demo_provider.objects.method import method_object

CARD = "card"
# The bank debit of each currency that has one here.
DEBITS = {"gbp": "bacs_debit", "eur": "sepa_debit", "usd": "us_bank_account"}
# The parameters by which a call chooses among them.
CHOICES = {"allowed_payment_method_types", "excluded_payment_method_types"}
LAST4 = {"bacs_debit": "2345", "sepa_debit": "3000", "us_bank_account": "6789"}
# What a bank answers, by the end of the name under which a shop's own call asks for it.
ANSWERS: dict[str, Refusal | None] = {
    "success": None,
    "insufficientFunds": Refusal("insufficient_funds"),
    "debitNotAuthorized": Refusal("debit_not_authorized"),
}


@dataclass(frozen=True)
class Means:
    """A way to pay, and all that will come of it. It is kept; the number of a card never is."""

    kind: str
    brand: str
    last4: str
    verdict: Verdict = field(default_factory=Verdict)
    refunds: str = "at_once"
    dispute: str | None = None

    @property
    def is_card(self) -> bool:
        """Whether the answer comes at once."""
        return self.kind == CARD


def of_card(number: str, verdict: Verdict | None = None) -> Means:
    """The card of a number (digits only); `verdict` replaces what its issuer would say."""
    refunds = {cards.PENDING_REFUND: "later", cards.FAILING_REFUND: "fails_later"}.get(number, "at_once")
    means = Means(CARD, cards.brand_of(number), number[-4:], cards.judge(number), refunds, cards.DISPUTED.get(number))
    return replace(means, verdict=verdict) if verdict else means


def of_bank(kind: str, refusal: Refusal | None = None) -> Means:
    """A debit of a bank account, which the bank refuses later when there is a `refusal`."""
    return Means(kind, "", LAST4.get(kind, ""), Verdict(refusal), "later")


def named(desk: Desk, name: str) -> Means:
    """What a call means by `pm_card_visa`, by `pm_bacsDebit_success` or by the id of what was used before."""
    if name.startswith("pm_card_") and name[8:] in cards.NAMES:
        return of_card(cards.NAMES[name[8:]])
    for kind in LAST4:
        camel = re.sub(r"_(.)", lambda found: found[1].upper(), kind)
        answer = name.removeprefix(f"pm_{camel}_").removesuffix("Delayed")
        if name.startswith(f"pm_{camel}_") and answer in ANSWERS:
            return of_bank(kind, ANSWERS[answer])
    row = desk.find("methods", name)
    if row is None:
        raise ParamError(f"No such PaymentMethod: '{name}'", "payment_method", "resource_missing")
    return load(row)


def keep(desk: Desk, means: Means, *, email: str | None, customer: str | None) -> str:
    """Remember what a try was made with; gives its id."""
    method_id = new_id("pm")
    desk.insert(
        "methods",
        id=method_id,
        created=desk.stamp,
        facts=json.dumps(asdict(means)),
        email=email,
        customer=customer,
    )
    return method_id


def load(row: sqlite3.Row) -> Means:
    """What `keep` has kept."""
    facts = json.loads(row["facts"])
    verdict = facts.pop("verdict")
    refusal = verdict["refusal"] and Refusal(**verdict["refusal"])
    return Means(verdict=Verdict(refusal, verdict["needs_authentication"]), **facts)


def retrieve(desk: Desk, method_id: str, _params: dict[str, Any]) -> dict[str, Any]:
    """One payment method as JSON."""
    return render(desk, desk.get("methods", method_id))


def render(_desk: Desk, row: sqlite3.Row) -> dict[str, Any]:
    """A payment method as JSON."""
    return method_object(row)


def offered(currency: str, *, is_manual: bool) -> list[str]:
    """The kinds of payment for a currency. Money of a bank cannot be held back until it is captured."""
    return [CARD] + ([DEBITS[currency]] if currency in DEBITS and not is_manual else [])


def chosen(params: dict[str, Any], there_are: list[str]) -> list[str]:
    """Those of the kinds there are that a call allows and does not exclude; raises ParamError when none is left."""
    allowed, excluded = "allowed_payment_method_types", "excluded_payment_method_types"
    if allowed in params and {excluded, "automatic_payment_methods"} & params.keys():
        raise ParamError("This parameter cannot be combined with other choices of payment methods.", allowed)
    found = [kind for kind in there_are if kind in params.get(allowed, there_are)]
    found = [kind for kind in found if kind not in params.get(excluded, [])]
    if not found:
        raise ParamError("No payment method is left for this payment.", allowed if allowed in params else excluded)
    return found
