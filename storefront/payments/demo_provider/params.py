"""Reads form-encoded parameters and checks them against the official library's request types."""

import re
import types
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from storefront.payments.demo_provider.errors import ParamError

KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
MAX_DEPTH = 8
NOT_SENT = (
    "api_key stripe_version stripe_account stripe_context max_network_retries idempotency_key content_type headers"
)


def decode(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nest `a[0][b]=c` into {"a": {"0": {"b": "c"}}}; `a[]=c` takes the next free index."""
    tree: dict[str, Any] = {}
    for key, value in pairs:
        match = KEY.fullmatch(key)
        path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])] if match else []
        if not path or len(path) > MAX_DEPTH:
            raise ParamError(f"Invalid parameter name: {key}", key)
        _put(tree, path, value, key)
    return tree


def check(params: Mapping[str, Any], schema: type, at: str = "") -> dict[str, Any]:
    """The parameters as the types of `schema` (a TypedDict) say; raises ParamError naming the field that is wrong."""
    hints = _fields(schema)
    for name in params:
        if name not in hints:
            where = _join(at, name)
            raise ParamError(f"Received unknown parameter: {where}", where, "parameter_unknown")
    for name in sorted(_required(schema) - params.keys()):
        where = _join(at, name)
        raise ParamError(f"Missing required param: {where}.", where, "parameter_missing")
    return {name: _convert(value, hints[name], _join(at, name)) for name, value in params.items()}


def _put(tree: dict[str, Any], path: list[str], value: str, key: str) -> None:
    node = tree
    for name in path[:-1]:
        node = node.setdefault(name or str(len(node)), {})
        if not isinstance(node, dict):
            raise ParamError(f"{key} is given both as a value and as a hash", key)
    last = path[-1] or str(len(node))
    if last in node:
        raise ParamError(f"{key} is given twice", key)
    node[last] = value


def _join(at: str, name: str) -> str:
    return f"{at}[{name}]" if at else name


def _required(schema: type) -> frozenset[str]:
    return frozenset(getattr(schema, "__required_keys__", ()))


@lru_cache(maxsize=256)
def _fields(schema: type) -> dict[str, Any]:
    # The base of the library's top-level types holds client options that are never sent. They must be resolvable all
    # the same, and two of their names exist only for type checkers.
    hints = get_type_hints(schema, localns={"StripeContext": object, "Mapping": Mapping})
    return {name: hint for name, hint in hints.items() if name not in NOT_SENT.split()}


def _convert(value: Any, hint: Any, at: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _convert_union(value, hint, at)
    if origin is Literal:
        return _convert_literal(value, get_args(hint), at)
    if origin is list:
        return _convert_list(value, get_args(hint)[0], at)
    if origin is dict:
        inner = get_args(hint)[1]
        return {name: _convert(item, inner, _join(at, name)) for name, item in _hash(value, at).items()}
    if hasattr(hint, "__required_keys__"):
        return check(_hash(value, at), hint, at)
    return _convert_scalar(value, hint, at)


def _convert_union(value: Any, hint: Any, at: str) -> Any:
    """The first member that takes the value. Members that cannot be sent (None, the library's objects) are left out."""
    members = [member for member in get_args(hint) if _is_sendable(member)]
    if any(get_origin(member) is Literal and get_args(member) != ("",) for member in members):
        # The library adds `str` to every enumeration for values yet to come; the service itself knows them all.
        members = [member for member in members if member is not str]
    members = [member for member in members if _is_nested(member) == isinstance(value, dict)] or members
    for member in members[:-1]:
        try:
            return _convert(value, member, at)
        except ParamError:
            continue
    return _convert(value, members[-1], at)


def _is_sendable(member: Any) -> bool:
    origin = get_origin(member)
    return member is not types.NoneType and (origin is None or origin in (Literal, Union, list, dict))


def _is_nested(member: Any) -> bool:
    return get_origin(member) in (list, dict) or hasattr(member, "__required_keys__")


def _convert_literal(value: Any, allowed: tuple[Any, ...], at: str) -> Any:
    if value not in allowed:
        raise ParamError(f"Invalid {at}: must be one of {', '.join(map(str, allowed))}", at)
    return value


def _convert_list(value: Any, inner: Any, at: str) -> list[Any]:
    items = _hash(value, at, "array")
    if sorted(items) != sorted(str(index) for index in range(len(items))):
        raise ParamError("Invalid array", at)
    return [_convert(items[str(index)], inner, _join(at, str(index))) for index in range(len(items))]


def _hash(value: Any, at: str, kind: str = "object") -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ParamError(f"Invalid {kind}", at)
    return value


def _convert_scalar(value: Any, hint: Any, at: str) -> Any:
    if not isinstance(value, str):
        raise ParamError("Invalid string", at)
    if hint is int:
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise ParamError(f"Invalid integer: {value}", at, "parameter_invalid_integer")
        return int(value)
    if hint is bool:
        if value not in ("true", "false"):
            raise ParamError(f"Invalid boolean: {value}", at)
        return value == "true"
    if hint in (Decimal, float):
        return _convert_decimal(value, at)
    return value


def _convert_decimal(value: str, at: str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ParamError(f"Invalid decimal: {value}", at)
    return number
