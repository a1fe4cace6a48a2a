"""Who gets letters."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import Email, InputRequired, Length

from storefront.admin.forms.fields import options
from storefront.core.web.forms import Form, TextField
from storefront.core.web.language import choices
from storefront.insight.models import ReportKind

KINDS: dict[ReportKind, Any] = {
    ReportKind.DAILY: _l("Daily"),
    ReportKind.WEEKLY: _l("Weekly letter"),
    ReportKind.MONTHLY: _l("Monthly"),
    ReportKind.LOW_STOCK: _l("Low stock"),
}


class RecipientForm(Form):
    """An address, which letter it gets, and in which language."""

    email = TextField(_l("E-mail"), [InputRequired(), Length(max=254), Email()])
    kind = SelectField(_l("Letter"), [InputRequired()], choices=options(KINDS))
    locale = SelectField(_l("Language"), [InputRequired()], choices=lambda: options(dict(choices())))
