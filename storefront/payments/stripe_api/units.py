"""Amounts in Stripe's units."""

from storefront.core.money import minor_digits
from storefront.payments.gateway import GatewayRejected

# https://docs.stripe.com/currencies: every currency that is not listed has two decimals at the API, even ISK and UGX,
# which people and ISO 4217 write without any.
ZERO_DECIMAL = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
THREE_DECIMAL = "BHD JOD KWD OMR TND"


def to_provider(minor: int, currency: str) -> int:
    """The amount in the unit Stripe counts this currency in; raises GatewayRejected when it cannot be said exactly."""
    code = currency.upper()
    digits = 0 if code in ZERO_DECIMAL.split() else 3 if code in THREE_DECIMAL.split() else 2
    if digits < minor_digits(code):
        raise GatewayRejected(reason="amount_not_representable", param=code)
    return minor * int(10 ** (digits - minor_digits(code)))


def from_provider(amount: int, currency: str) -> int:
    """The shop's minor units of an amount in Stripe's unit; raises GatewayRejected when it cannot be said exactly."""
    unit = to_provider(1, currency)
    if amount % unit:
        raise GatewayRejected(reason="amount_not_representable", param=currency)
    return amount // unit
