"""What every form shares: trimmed text, translated messages; its token is checked once for the whole shop."""

from functools import lru_cache
from typing import Any

from flask_babel import LazyString, get_translations
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from markupsafe import Markup, escape
from wtforms import SelectField, StringField, ValidationError
from wtforms.widgets import Select, html_params

# What WTForms says by itself, in the shop's words and so in the shop's catalogues. A long text is kept short by the
# field's own limit, and a choice by its list: who reads these has sent the form by other means than our page.
BUILT_IN = {
    "This field is required.": _l("Please fill this in."),
    "Invalid input.": _l("This cannot be used."),
    "Invalid email address.": _l("Enter an e-mail address such as name@example.com."),
    "Field cannot be longer than %(max)d characters.": _l("Use at most %(max)s characters."),
    "Field must be at least %(min)d characters long.": _l("Use at least %(min)s characters."),
    "Field must be between %(min)d and %(max)d characters long.": _l("Use %(min)s to %(max)s characters."),
    "Number must be at most %(max)s.": _l("Enter at most %(max)s."),
    "Number must be at least %(min)s.": _l("Enter at least %(min)s."),
    "Number must be between %(min)s and %(max)s.": _l("Enter a number from %(min)s to %(max)s."),
    "Not a valid date value.": _l("Enter a date such as 2026-12-31."),
    "Not a valid time value.": _l("Enter a time such as 09:30."),
    "Not a valid integer value.": _l("Enter a whole number."),
    "'%(value)s' are not valid choices for this field.": _l("Choose one of the list."),
    "Not a valid choice.": _l("Choose one of the list."),
    "Invalid Choice: could not coerce.": _l("Choose one of the list."),
}


def trimmed(value: Any) -> Any:
    """Text without space around it."""
    return value.strip() if isinstance(value, str) else value


def lowered(value: Any) -> Any:
    """Text for comparison: trimmed, in lower case."""
    return value.strip().lower() if isinstance(value, str) else value


class LongSelect(Select):
    """A select of many plain choices: its options are rendered once per list, and not once per page."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        """The element with the field's choice selected."""
        kwargs.setdefault("id", field.id)
        kwargs.setdefault("required", field.flags.required)
        options = _options(tuple(field.choices))
        chosen = html_params(value=str(field.data))
        options = options.replace(f"<option {chosen}>", f"<option selected {chosen}>", 1)
        return Markup(f"<select {html_params(name=field.name, **kwargs)}>{options}</select>")  # noqa: S704 - escaped.


@lru_cache(maxsize=16)
def _options(choices: tuple[tuple[str, str], ...]) -> str:
    return "".join(f"<option {html_params(value=value)}>{escape(label)}</option>" for value, label in choices)


class LongSelectField(SelectField):
    """A choice among many plain ones, none of which is looked at one by one unless it is chosen."""

    widget = LongSelect()

    def pre_validate(self, _form: Any) -> None:
        """Refuse what is not in the list; raises ValidationError."""
        if self.validate_choice and self.data not in [choice[0] for choice in self.choices or ()]:
            raise ValidationError(str(BUILT_IN["Not a valid choice."]))


class TextField(StringField):
    """One line of trimmed text."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, filters=(trimmed,), **kwargs)


class Texts:
    """Translates what WTForms says by itself."""

    def gettext(self, text: str) -> str:
        """The shop's own words for a text of WTForms, in the page's language."""
        own: LazyString | None = BUILT_IN.get(text)
        return str(get_translations().ugettext(text) if own is None else own)

    def ngettext(self, _singular: str, plural: str, _number: int) -> str:
        """The same for a counted text: no limit in this shop is 1."""
        return self.gettext(plural)


class Form(FlaskForm):  # type: ignore[misc]
    """A form of the shop. core.web.headers has checked the token before a view sees it."""

    class Meta:
        """WTForms' own settings."""

        csrf = False

        def get_translations(self, _form: Any) -> Texts:
            """Whose words the errors have."""
            return Texts()
