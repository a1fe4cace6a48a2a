"""The shop's own calls to the provider, as the tests of its API make them."""

from collections.abc import Callable
from typing import Any

import pytest
from stripe import InvalidRequestError

from tests.contracts.gateway_demo import Demo

RETURN = "https://shop.example/done"
DAY = 86_400


def create(demo: Demo, card: str = "pm_card_visa", **changes: Any) -> Any:
    """A payment of 30.00 GBP that is tried at once."""
    params = {"amount": 3000, "currency": "gbp", "payment_method": card, "confirm": True, "return_url": RETURN}
    params |= changes
    return demo.api.payment_intents.create({name: value for name, value in params.items() if value is not None})


def hold(demo: Demo, **changes: Any) -> Any:
    return create(demo, capture_method="manual", **changes)


def charge_of(demo: Demo, intent: Any) -> Any:
    return demo.api.charges.retrieve(demo.api.payment_intents.retrieve(intent.id).latest_charge)


def refusal(call: Callable[[], object]) -> Any:
    with pytest.raises(InvalidRequestError) as refused:
        call()
    return refused.value
