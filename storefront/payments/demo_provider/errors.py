"""What the API answers when it refuses: the shape of the real service's errors."""

from typing import Any


class ApiError(Exception):
    """A refusal with its HTTP status. `kind` is the error's type, `param` the field it is about."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.param = param
        self._facts = {"type": kind, "message": message, "code": code, "param": param, **facts}

    def body(self) -> dict[str, Any]:
        """The error as the API's JSON."""
        return {"error": {name: value for name, value in self._facts.items() if value is not None}}


class ParamError(ApiError):
    """A field is unknown, missing or of the wrong type. Nothing ran, so nothing is kept under its idempotency key."""

    def __init__(self, message: str, param: str, code: str | None = None) -> None:
        super().__init__(400, message, code=code, param=param)


class Declined(ApiError):
    """The issuer refused. What was tried stays on record, so unlike the others this refusal is committed."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(402, message, kind="card_error", **facts)


def no_such(thing: str, object_id: str, param: str = "id") -> ApiError:
    """The refusal of an id that does not exist."""
    return ApiError(404, f"No such {thing}: '{object_id}'", code="resource_missing", param=param)


class ConnectionLost(Exception):
    """The shop gets no answer: what carries the call has to fail as a network does."""
