"""The test card numbers and what happens to each (https://docs.stripe.com/testing). No real card is ever accepted."""

from dataclasses import asdict, dataclass

APPROVED = "4242424242424242"


@dataclass(frozen=True)
class Card:
    """What is kept of a card that was tried: never its number."""

    brand: str
    last4: str

    def facts(self) -> dict[str, str]:
        """The card as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Refusal:
    """Why a card was not charged: the error's code, and the issuer's reason when the issuer declined."""

    code: str
    decline_code: str | None = None

    def facts(self) -> dict[str, str | None]:
        """The refusal as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Verdict:
    """What the issuer will say: whether it first wants to see the shopper, and then why it refuses, if it does."""

    refusal: Refusal | None = None
    needs_authentication: bool = False


GENERIC_DECLINE = Refusal("card_declined", "generic_decline")
NOT_A_TEST_CARD = Refusal("card_declined", "test_mode_live_card")
AUTHENTICATION_FAILED = Refusal("payment_intent_authentication_failure")

REFUSED = {
    "4000000000000002": GENERIC_DECLINE,
    "4000000000000341": GENERIC_DECLINE,
    "4000000000009995": Refusal("card_declined", "insufficient_funds"),
    "4000000000009987": Refusal("card_declined", "lost_card"),
    "4000000000009979": Refusal("card_declined", "stolen_card"),
    "4000000000006975": Refusal("card_declined", "card_velocity_exceeded"),
    "4100000000000019": Refusal("card_declined", "fraudulent"),
    "4000000000000069": Refusal("expired_card", "expired_card"),
    "4000000000000127": Refusal("incorrect_cvc", "incorrect_cvc"),
    "4000000000000119": Refusal("processing_error", "processing_error"),
}
AUTHENTICATED = {
    "4000002500003155": None,
    "4000002760003184": None,
    "4000000000003220": None,
    "4000000000003063": None,
    "4000008400001629": GENERIC_DECLINE,
    "4000008260003178": Refusal("card_declined", "insufficient_funds"),
}
BRANDS = {
    APPROVED: "visa",
    "4000056655665556": "visa",
    "4000000000003055": "visa",
    "5555555555554444": "mastercard",
    "2223003122003222": "mastercard",
    "5200828282828210": "mastercard",
    "5105105105105100": "mastercard",
    "378282246310005": "amex",
    "371449635398431": "amex",
    "6011111111111117": "discover",
    "3056930009020004": "diners",
    "3566002020360505": "jcb",
    "6200000000000005": "unionpay",
}


def judge(number: str) -> Verdict:
    """What happens to a card number (digits only)."""
    if number in AUTHENTICATED:
        return Verdict(AUTHENTICATED[number], needs_authentication=True)
    if number in BRANDS:
        return Verdict()
    if number in REFUSED:
        return Verdict(REFUSED[number])
    return Verdict(NOT_A_TEST_CARD if has_check_digit(number) else Refusal("incorrect_number"))


def card_of(number: str) -> Card:
    """What may be remembered of a number."""
    return Card(BRANDS.get(number, "visa" if number.startswith("4") else "unknown"), number[-4:])


def has_check_digit(number: str) -> bool:
    """Whether the last digit fits the others (ISO/IEC 7812-1, annex B), as on every real card."""
    if not (number.isascii() and number.isdigit() and 12 <= len(number) <= 19):
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in number[-1::-2])) % 10 == 0
