"""A number in an address that no database could hold names nothing."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter

from storefront.core.web.addresses import Id
from tests.fixtures.shop import on_every_database


@on_every_database
@pytest.mark.parametrize("number", [2**63 - 1, 2**63, 10**25])
def test_it_is_a_404(app: Flask, sign_in: Callable[..., FlaskClient], number: int) -> None:
    assert sign_in("owner").get(f"/admin/shipping/methods/{number}").status_code == 404


def test_every_rule_reads_its_numbers_so(app: Flask) -> None:
    found = [one for rule in app.url_map.iter_rules() for one in rule._converters.values()]
    numbers = [one for one in found if isinstance(one, IntegerConverter)]
    assert len(numbers) > 50
    assert all(isinstance(one, Id) for one in numbers)
