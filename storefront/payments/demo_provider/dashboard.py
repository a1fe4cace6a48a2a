"""What the merchant does on the provider's own site, and what banks and shoppers do without anybody's call."""

from typing import Any

from storefront.payments.demo_provider import disputes, intent_actions, intents, merchant, payments, refunds
from storefront.payments.demo_provider.office import Office


class Dashboard:
    """Acts on payments behind the shop's back. Each step is an own transaction; the shop hears of it by events only.

    `payment_ref` is the id of a payment intent; amounts are in the provider's unit, None for all there is. Raises
    ApiError for what the provider's state does not allow.
    """

    def __init__(self, office: Office) -> None:
        self._office = office

    def url(self, payment_ref: str) -> str:
        """A page with buttons for all this. Whoever has the address may use it, so it is for the merchant alone."""
        return merchant.url_of(self._office.setting, payment_ref)

    def refund(self, payment_ref: str, amount: int | None = None) -> dict[str, Any]:
        """Pay back; gives the refund as JSON."""
        some = {} if amount is None else {"amount": amount}
        with self._office.open() as desk:
            return refunds.create(desk, {"payment_intent": payment_ref, **some})

    def capture(self, payment_ref: str, amount: int | None = None) -> dict[str, Any]:
        """Take what is held; gives the payment intent as JSON."""
        some = {} if amount is None else {"amount_to_capture": amount}
        with self._office.open() as desk:
            return intent_actions.capture(desk, payment_ref, some)

    def cancel(self, payment_ref: str) -> dict[str, Any]:
        """Give up what is held; gives the payment intent as JSON."""
        with self._office.open() as desk:
            return intent_actions.cancel(desk, payment_ref, {})

    def settle(self, payment_ref: str) -> dict[str, Any]:
        """Let the bank answer a debit now instead of later; gives the payment intent as JSON."""
        with self._office.open() as desk:
            payments.settle(desk, desk.get("intents", payment_ref)["charge_id"])
            return intents.retrieve(desk, payment_ref, {})

    def dispute(self, payment_ref: str, reason: str = "fraudulent", amount: int | None = None) -> dict[str, Any]:
        """Let the card's owner complain; gives the dispute as JSON."""
        with self._office.open() as desk:
            charge_id = desk.get("intents", payment_ref)["charge_id"] or ""
            return disputes.retrieve(desk, disputes.open_(desk, charge_id, reason, amount), {})

    def decide(self, dispute_id: str, *, is_won: bool) -> dict[str, Any]:
        """Let the issuer decide; gives the dispute as JSON."""
        with self._office.open() as desk:
            disputes.decide(desk, dispute_id, is_won=is_won)
            return disputes.retrieve(desk, dispute_id, {})
