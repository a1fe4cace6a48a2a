"""Whether JSON has the shape that the official library says an object has, and that of the service's own examples."""

import sys
from types import NoneType, UnionType
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin, get_type_hints

import stripe
from stripe import StripeObject
from stripe._list_object import ListObject
from stripe._stripe_object import UntypedStripeObject


class Names(dict[str, Any]):
    """The library's classes by their names, for annotations that its modules cannot resolve at run time."""

    def __missing__(self, name: str) -> Any:
        for place in (stripe, stripe.checkout, stripe.test_helpers):
            if hasattr(place, name.removesuffix("Resource")):
                return getattr(place, name.removesuffix("Resource"))
        raise KeyError(name)


def misfits(value: Any, hint: Any, at: str) -> list[str]:
    """What is wrong with a value, one line for each place."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return []
    if origin in (Union, UnionType):
        return _misfits_of_union(value, arguments, at)
    if origin is Literal:
        return [] if value in arguments else [f"{at}: {value!r} is none of {arguments}"]
    if origin is list:
        if not isinstance(value, list):
            return [f"{at}: no list: {value!r}"]
        return [line for number, item in enumerate(value) for line in misfits(item, arguments[0], f"{at}[{number}]")]
    if origin is ListObject:
        return misfits(value["data"], list[arguments[0]], f"{at}.data")
    if origin is UntypedStripeObject or hint is UntypedStripeObject:
        return [] if isinstance(value, dict) else [f"{at}: no object: {value!r}"]
    if isinstance(hint, ForwardRef):
        return misfits(value, Names()[hint.__forward_arg__], at)
    if isinstance(hint, type) and issubclass(hint, StripeObject):
        return _misfits_of_object(value, hint, at)
    is_right = type(value) is hint or (hint is float and type(value) is int) or (hint is NoneType and value is None)
    return [] if is_right else [f"{at}: {value!r} is no {hint.__name__}"]


def _misfits_of_union(value: Any, members: tuple[Any, ...], at: str) -> list[str]:
    if any(get_origin(member) is Literal for member in members):
        # The library adds `str` to every enumeration for values yet to come; the service itself knows them all.
        members = tuple(member for member in members if member is not str)
    found = [misfits(value, member, at) for member in members if (member is NoneType) == (value is None)]
    if not found:
        return [f"{at}: may not be {value!r}"]
    return min(found, key=len)


def _misfits_of_object(value: Any, kind: type[StripeObject], at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at}: no object: {value!r}"]
    hints = get_type_hints(kind, vars(sys.modules[kind.__module__]), Names(_inner(kind)))
    hints = {name: hint for name, hint in hints.items() if name.islower() and not name.startswith("_")}
    unknown = [f"{at}.{name}: unknown" for name in value if name not in hints]
    missing = [f"{at}.{name}: missing" for name, hint in hints.items() if name not in value and not _is_optional(hint)]
    wrong = [line for name in value if name in hints for line in misfits(value[name], hints[name], f"{at}.{name}")]
    return unknown + missing + wrong


def _inner(kind: type) -> dict[str, Any]:
    return {name: value for name, value in vars(kind).items() if isinstance(value, type)}


def _is_optional(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint)


def differences(ours: Any, theirs: Any, at: str) -> list[str]:
    """What an example of the service has and ours has not, or has as something else; what is null may be anything."""
    if ours is None or theirs is None:
        return []
    if type(ours) is not type(theirs):
        return [f"{at}: {ours!r}, but {theirs!r} in the example"]
    if not isinstance(theirs, dict) or at.endswith(".metadata"):
        return []
    # Where an object holds another one named after its type, an object of another type holds another one.
    wanted = [name for name in theirs if name != theirs.get("type") or ours.get("type") == theirs["type"]]
    found = [f"{at}.{name}: missing" for name in wanted if name not in ours]
    for name in wanted:
        found += differences(ours.get(name), theirs[name], f"{at}.{name}")
    return found


def outline(example: Any, name: str = "") -> Any:
    """The names and types of an example without its values; only what its `type` and `object` say is kept."""
    if isinstance(example, dict):
        return {name: outline(value, name) for name, value in example.items()}
    if example is None or name in ("object", "type"):
        return example
    return type(example)()
