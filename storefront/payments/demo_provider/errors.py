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
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param

    def body(self) -> dict[str, Any]:
        """The error as the API's JSON."""
        facts = {"type": self.kind, "message": str(self), "code": self.code, "param": self.param}
        return {"error": {name: value for name, value in facts.items() if value is not None}}


class ParamError(ApiError):
    """A field is unknown, missing or of the wrong type. Nothing ran, so nothing is kept under its idempotency key."""

    def __init__(self, message: str, param: str, code: str | None = None) -> None:
        super().__init__(400, message, code=code, param=param)


def no_such(thing: str, object_id: str, param: str = "id") -> ApiError:
    """The refusal of an id that does not exist."""
    return ApiError(404, f"No such {thing}: '{object_id}'", code="resource_missing", param=param)
