"""Named errors that carry facts. No HTTP here: core/web.py maps each family to a status and a page."""

from collections.abc import Mapping
from typing import Any, ClassVar


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it.
    """Mark an English source text for translation and give it back as it is; whoever shows it translates it."""
    return text


class ShopError(Exception):
    """Root of every error a service raises on purpose; its facts are the keyword arguments it was made with.

    `message` is an English source text for gettext with %(name)s places for the facts.
    """

    message: ClassVar[str] = N_("Something went wrong.")

    def __init__(self, **facts: Any) -> None:
        self.facts: Mapping[str, Any] = facts
        super().__init__(self.message % facts if facts else self.message)


class NotFound(ShopError):
    """What was asked for does not exist, or is not this person's to know about."""

    message = N_("We could not find that.")


class Forbidden(ShopError):
    """The person is known and lacks the permission."""

    message = N_("You do not have permission to do that.")


class Conflict(ShopError):
    """The state changed, or does not allow it (sold out, already cancelled)."""

    message = N_("That is no longer possible.")


class InvalidInput(ShopError):
    """What was sent cannot be used; `field` names the field when there is one."""

    message = N_("Please check what you entered.")


class PaymentDeclined(ShopError):
    """The provider refused the payment; `reason` is its decline code."""

    message = N_("The payment was declined.")


class Unavailable(ShopError):
    """A part that the shop needs did not answer; trying again later may work."""

    message = N_("This is not available right now. Please try again in a moment.")
