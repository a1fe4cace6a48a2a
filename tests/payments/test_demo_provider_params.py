"""Parameters are read as the official library writes them, and checked against its own types."""

from typing import Any

import pytest
from stripe.params import EventListParams
from stripe.params.checkout import SessionCreateParams, SessionListParams

from storefront.payments.demo_provider.errors import ParamError
from storefront.payments.demo_provider.params import check, decode


def test_brackets_nest_and_empty_ones_count() -> None:
    pairs = [("a[b][0][c]", "1"), ("a[b][1][c]", "2"), ("expand[]", "x"), ("expand[]", "y"), ("empty", "")]
    assert decode(pairs) == {
        "a": {"b": {"0": {"c": "1"}, "1": {"c": "2"}}},
        "expand": {"0": "x", "1": "y"},
        "empty": "",
    }


@pytest.mark.parametrize(
    ("params", "schema", "typed"),
    [
        ({"limit": "3", "delivery_success": "false"}, EventListParams, {"limit": 3, "delivery_success": False}),
        ({"created": "17"}, EventListParams, {"created": 17}),
        ({"created": {"gte": "17"}}, EventListParams, {"created": {"gte": 17}}),
        ({"types": {"0": "a", "1": "b"}}, EventListParams, {"types": ["a", "b"]}),
        ({"status": "open"}, SessionListParams, {"status": "open"}),
        ({"metadata": {"note": "7"}}, SessionCreateParams, {"metadata": {"note": "7"}}),
    ],
)
def test_values_take_the_type_of_their_field(params: dict[str, Any], schema: type, typed: dict[str, Any]) -> None:
    assert check(params, schema) == typed


def test_a_client_option_is_no_parameter() -> None:
    with pytest.raises(ParamError) as refused:
        check({"idempotency_key": "k"}, EventListParams)
    assert refused.value.param == "idempotency_key"


@pytest.mark.parametrize(
    ("params", "schema", "param"),
    [
        ({"created": {"since": "17"}}, EventListParams, "created[since]"),
        ({"created": "yesterday"}, EventListParams, "created"),
        ({"limit": {"0": "3"}}, EventListParams, "limit"),
        ({"types": {"1": "a"}}, EventListParams, "types"),
        ({"status": "odd"}, SessionListParams, "status"),
        ({"customer_details": {}}, SessionListParams, "customer_details[email]"),
        ({"metadata": {"note": {"a": "b"}}}, SessionCreateParams, "metadata[note]"),
        (
            {"subscription_data": {"application_fee_percent": "much"}},
            SessionCreateParams,
            "subscription_data[application_fee_percent]",
        ),
        (
            {"subscription_data": {"application_fee_percent": "NaN"}},
            SessionCreateParams,
            "subscription_data[application_fee_percent]",
        ),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(params: dict[str, Any], schema: type, param: str) -> None:
    with pytest.raises(ParamError) as refused:
        check(params, schema)
    assert refused.value.param == param


def test_a_decimal_is_kept_exactly() -> None:
    typed = check({"subscription_data": {"application_fee_percent": "12.34"}}, SessionCreateParams)
    assert str(typed["subscription_data"]["application_fee_percent"]) == "12.34"
