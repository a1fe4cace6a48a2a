"""What every form shares: trimmed text, translated messages; its token is checked once for the whole shop."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import StringField


def trimmed(value: Any) -> Any:
    """Text without space around it."""
    return value.strip() if isinstance(value, str) else value


def lowered(value: Any) -> Any:
    """Text for comparison: trimmed, in lower case."""
    return value.strip().lower() if isinstance(value, str) else value


class TextField(StringField):
    """One line of trimmed text."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, filters=(trimmed,), **kwargs)


class Form(FlaskForm):  # type: ignore[misc]
    """A form of the shop. core.web.headers has checked the token before a view sees it."""

    class Meta:
        """WTForms' own settings."""

        csrf = False
