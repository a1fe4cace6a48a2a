"""How parcels go and what that costs; computed here only, never taken from a form."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import lazy_gettext as _l

from storefront.core.errors import N_, InvalidInput
from storefront.core.money import to_minor

HOME_COUNTRY = "GB"
FREE_FROM = Decimal("50")


class NoSuchMethod(InvalidInput):
    """The shipping method does not go to that country."""

    message = N_("Choose how we should send it.")


@dataclass(frozen=True)
class ShippingMethod:
    """One way to send: working days from and to, price in major units of the shop's currency."""

    code: str
    label: str
    days: tuple[int, int]
    price: Decimal
    is_home: bool
    is_free_above: bool = False

    def price_minor(self, items_minor: int, currency: str) -> int:
        """What it costs for goods of that value, in minor units."""
        if self.is_free_above and items_minor >= to_minor(FREE_FROM, currency):
            return 0
        return to_minor(self.price, currency)


METHODS = (
    ShippingMethod("standard", _l("Standard delivery"), (2, 4), Decimal("3.95"), True, True),
    ShippingMethod("express", _l("Express delivery"), (1, 1), Decimal("6.95"), True),
    ShippingMethod("international", _l("International delivery"), (4, 9), Decimal("12.95"), False),
)


def list_methods(country: str) -> Sequence[ShippingMethod]:
    """The methods that go to `country` (ISO 3166-1 alpha-2), the usual one first."""
    return [method for method in METHODS if method.is_home == (country == HOME_COUNTRY)]


def get_method(code: str, country: str) -> ShippingMethod:
    """The method of that code for `country`; raises NoSuchMethod."""
    for method in list_methods(country):
        if method.code == code:
            return method
    raise NoSuchMethod(field="shipping_method")


def label_of(code: str) -> str:
    """What people call the method that an order was placed with; the code itself when it is gone."""
    return next((str(method.label) for method in METHODS if method.code == code), code)
