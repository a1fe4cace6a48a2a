"""The official library's request types, loaded by the first call that needs them: the library is large."""

from importlib import import_module


def schema(name: str) -> type:
    """The TypedDict that says which parameters a request takes."""
    place = "stripe.params.checkout" if name.startswith("Session") else "stripe.params"
    found: type = getattr(import_module(place), name)
    return found
