"""The form in which the merchant says who packs when."""

from datetime import date, time
from typing import Any

from babel.dates import get_day_names
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, FormField, IntegerField, TextAreaField, TimeField
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from storefront.core.web.forms import Form
from storefront.core.web.language import current
from storefront.insight.queueing.plan import HANDLING_DAYS, Plan, Shift

DAY_MINUTES = 24 * 60
MAX_HOLIDAYS = 400


class ShiftForm(Form):
    """One weekday; without packers nobody packs then."""

    packers = IntegerField(_l("Packers"), [Optional(), NumberRange(0, 500)], render_kw={"inputmode": "numeric"})
    opens = TimeField(_l("From"), [Optional()])
    closes = TimeField(_l("To"), [Optional()])
    cutoff = TimeField(_l("Parcels leave at"), [Optional()])

    def validate_packers(self, field: Any) -> None:
        """Whoever packs has hours, in their order."""
        if not field.data or any(part.errors for part in (self.opens, self.closes, self.cutoff)):
            return
        if self.opens.data is None or self.closes.data is None:
            raise ValidationError(_("Say from when to when they pack."))
        shift = self.shift()
        if shift is None or not shift.opens < shift.cutoff <= shift.closes:
            raise ValidationError(_("These times must come one after the other: from, parcels leave, to."))

    def shift(self) -> Shift | None:
        """The weekday as the plan takes it. Parcels leave at the end when nothing else is said; 0:00 ends the day."""
        if not self.packers.data or self.opens.data is None or self.closes.data is None:
            return None
        closes = _minute(self.closes.data) or DAY_MINUTES
        cutoff = closes if self.cutoff.data is None else _minute(self.cutoff.data) or DAY_MINUTES
        return Shift(self.packers.data, _minute(self.opens.data), closes, cutoff)


class PackingForm(Form):
    """The week, the holidays, and what is promised while nothing is known."""

    days = FieldList(FormField(ShiftForm), min_entries=7, max_entries=7)
    holidays = TextAreaField(
        _l("Days on which nobody packs"),
        [Optional()],
        description=_l("One on each line, such as 2026-12-25."),
        render_kw={"rows": 4, "spellcheck": "false"},
    )
    handling_days = IntegerField(
        _l("Working days until an order is sent"),
        [InputRequired(_l("Enter a number of days.")), NumberRange(0, 60)],
        default=HANDLING_DAYS,
        description=_l("Promised while hours are missing or too few parcels were measured. Later is told as “behind”."),
    )
    parcel_minutes = IntegerField(
        _l("Minutes that a parcel takes one packer"),
        [Optional(), NumberRange(1, 480)],
        description=_l("Used until 30 parcels were measured. Leave it empty when you do not know."),
    )

    def validate_holidays(self, field: Any) -> None:
        """Every line is a day."""
        lines = _lines(field.data)
        if len(lines) > MAX_HOLIDAYS:
            raise ValidationError(_("Enter at most %(max)s days.", max=MAX_HOLIDAYS))
        for line in lines:
            try:
                date.fromisoformat(line)
            except ValueError as error:
                raise ValidationError(_("%(line)s is no day. Write it such as 2026-12-25.", line=line)) from error

    def plan(self) -> Plan:
        """The plan as the service takes it."""
        shifts = {weekday: entry.form.shift() for weekday, entry in enumerate(self.days)}
        return Plan(
            shifts={weekday: shift for weekday, shift in shifts.items() if shift},
            holidays=frozenset(date.fromisoformat(line) for line in _lines(self.holidays.data)),
            handling_days=self.handling_days.data or 0,
            parcel_minutes=self.parcel_minutes.data,
        )


def plan_values(plan: Plan) -> dict[str, Any]:
    """A plan as the form shows it."""
    return {
        "days": [_shift_values(plan.shifts.get(weekday)) for weekday in range(7)],
        "holidays": "\n".join(day.isoformat() for day in sorted(plan.holidays)),
        "handling_days": plan.handling_days,
        "parcel_minutes": plan.parcel_minutes,
    }


def day_names() -> list[str]:
    """Monday to Sunday in the page's language."""
    names = get_day_names("wide", locale=current())
    return [str(names[weekday]) for weekday in range(7)]


def _shift_values(shift: Shift | None) -> dict[str, Any]:
    if shift is None:
        return {}
    opens, closes, cutoff = (_time(minute) for minute in (shift.opens, shift.closes, shift.cutoff))
    return {"packers": shift.packers, "opens": opens, "closes": closes, "cutoff": cutoff}


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _time(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]
