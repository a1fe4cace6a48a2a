"""The test card numbers and what happens to each (https://docs.stripe.com/testing). No real card is ever accepted."""

from dataclasses import asdict, dataclass

APPROVED = "4242424242424242"


@dataclass(frozen=True)
class Refusal:
    """Why nothing was charged: the error's code, and the issuer's reason when the issuer declined."""

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
INCORRECT_NUMBER = Refusal("incorrect_number")
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
# Paid at once; what is refunded arrives later, or comes back.
PENDING_REFUND, FAILING_REFUND = "4000000000007726", "4000000000005126"
# Paid at once; then the card's owner complains.
DISPUTED = {"4000000000000259": "fraudulent", "4000000000002685": "product_not_received"}
BRANDS = {
    APPROVED: "visa",
    PENDING_REFUND: "visa",
    FAILING_REFUND: "visa",
    **dict.fromkeys(DISPUTED, "visa"),
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
# A shop's own calls name a card instead of sending its number.
NAMES = {
    "visa": APPROVED,
    "visa_debit": "4000056655665556",
    "mastercard": "5555555555554444",
    "mastercard_debit": "5200828282828210",
    "mastercard_prepaid": "5105105105105100",
    "amex": "378282246310005",
    "discover": "6011111111111117",
    "diners": "3056930009020004",
    "jcb": "3566002020360505",
    "unionpay": "6200000000000005",
    "chargeDeclined": "4000000000000002",
    "visa_chargeDeclined": "4000000000000002",
    "visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "visa_chargeDeclinedLostCard": "4000000000009987",
    "visa_chargeDeclinedStolenCard": "4000000000009979",
    "visa_chargeDeclinedVelocityLimitExceeded": "4000000000006975",
    "chargeCustomerFail": "4000000000000341",
    "radarBlock": "4100000000000019",
    "chargeDeclinedExpiredCard": "4000000000000069",
    "chargeDeclinedIncorrectCvc": "4000000000000127",
    "chargeDeclinedProcessingError": "4000000000000119",
    "authenticationRequiredOnSetup": "4000002500003155",
    "authenticationRequired": "4000002760003184",
    "threeDSecure2Required": "4000000000003220",
    "threeDSecureRequired": "4000000000003063",
    "threeDSecureRequiredChargeDeclined": "4000008400001629",
    "authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
    "createDispute": "4000000000000259",
    "createDisputeProductNotReceived": "4000000000002685",
    "pendingRefund": PENDING_REFUND,
    "refundFail": FAILING_REFUND,
}


def judge(number: str) -> Verdict:
    """What happens to a card number (digits only)."""
    if number in AUTHENTICATED:
        return Verdict(AUTHENTICATED[number], needs_authentication=True)
    if number in BRANDS:
        return Verdict()
    if number in REFUSED:
        return Verdict(REFUSED[number])
    return Verdict(NOT_A_TEST_CARD if has_check_digit(number) else INCORRECT_NUMBER)


def brand_of(number: str) -> str:
    """Whose card a number is."""
    return BRANDS.get(number, "visa" if number.startswith("4") else "unknown")


def has_check_digit(number: str) -> bool:
    """Whether the last digit fits the others (ISO/IEC 7812-1, annex B), as on every real card."""
    if not (number.isascii() and number.isdigit() and 12 <= len(number) <= 19):
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in number[-1::-2])) % 10 == 0
