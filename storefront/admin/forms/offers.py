"""Forms about coupons, gift cards and store credit."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, EmailField, HiddenField, IntegerField, RadioField
from wtforms.validators import (
    DataRequired,
    Email,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    ValidationError,
)

from storefront.admin.forms.fields import MoneyField, options
from storefront.core.web.forms import Form, TextField, lowered
from storefront.promotions.coupons import CouponData
from storefront.promotions.models import Coupon, CouponKind

KINDS = {
    CouponKind.PERCENT: _l("A percentage of the goods"),
    CouponKind.AMOUNT: _l("An amount"),
    CouponKind.FREE_SHIPPING: _l("The delivery"),
}
ADD, TAKE = "add", "take"
DIRECTIONS = {ADD: _l("Add"), TAKE: _l("Take away")}
EMAIL = Email(_l("Enter an e-mail address such as name@example.com."))


class CouponForm(Form):
    """A coupon."""

    code = TextField(
        _l("Code"),
        [
            DataRequired(_l("Enter a code.")),
            Length(max=40),
            Regexp(r"^[A-Za-z0-9_-]+$", message=_l("Use letters, digits, - and _.")),
        ],
        render_kw={"autocapitalize": "characters", "spellcheck": "false"},
        description=_l("Customers type it at checkout, in capitals or not."),
    )
    kind = RadioField(_l("What it takes off"), choices=options(KINDS), default=CouponKind.PERCENT)
    percent = IntegerField(_l("Percent"), [Optional(), NumberRange(1, 100)])
    amount = MoneyField(_l("Amount"), render_kw={"inputmode": "decimal"})
    minimum = MoneyField(
        _l("For goods from"), render_kw={"inputmode": "decimal"}, description=_l("Empty: for every order.")
    )
    starts = DateField(_l("First day"), [Optional()])
    ends = DateField(_l("Last day"), [Optional()], description=_l("It still holds on this day. Empty: without end."))
    usage_limit = IntegerField(
        _l("How many orders may have it"),
        [Optional(), NumberRange(1, 1_000_000_000)],
        description=_l("Empty: as many as like to."),
    )
    is_once_per_customer = BooleanField(_l("Once per customer, known by the e-mail address"))
    is_active = BooleanField(_l("Can be used"), default=True)

    def validate(self, extra_validators: Any = None) -> bool:
        """A percentage has to be said when it is one; an empty field is not looked at by its own validators."""
        is_valid = bool(super().validate(extra_validators))
        if self.kind.data == CouponKind.PERCENT and not self.percent.data and not self.percent.errors:
            self.percent.errors = [_("Enter a number from 1 to 100.")]
            return False
        return is_valid

    def validate_amount(self, field: Any) -> None:
        """An amount likewise."""
        if self.kind.data == CouponKind.AMOUNT and not field.data and not field.errors:
            raise ValidationError(_("Enter what it takes off."))

    def validate_ends(self, field: Any) -> None:
        """The last day is not before the first."""
        if field.data and self.starts.data and field.data < self.starts.data:
            raise ValidationError(_("The last day is before the first."))

    def coupon_data(self, zone: ZoneInfo) -> CouponData:
        """The coupon as the service takes it; days are those of the shop's zone."""
        kind = CouponKind(self.kind.data)
        return CouponData(
            code=(self.code.data or "").upper(),
            kind=kind,
            percent=self.percent.data or 0 if kind is CouponKind.PERCENT else 0,
            amount_minor=self.amount.data or 0 if kind is CouponKind.AMOUNT else 0,
            minimum_minor=self.minimum.data or 0,
            starts_at=midnight(self.starts.data, zone),
            ends_at=midnight(self.ends.data, zone, days=1),
            usage_limit=self.usage_limit.data,
            is_once_per_customer=bool(self.is_once_per_customer.data),
            is_active=bool(self.is_active.data),
        )


class CardForm(Form):
    """A gift card that is made."""

    amount = MoneyField(_l("Amount"), [InputRequired(_l("Enter an amount."))], render_kw={"inputmode": "decimal"})
    email = EmailField(
        _l("Send it to"),
        [Optional(), Length(max=254), EMAIL],
        filters=(lowered,),
        description=_l("Empty: you give the code away yourself, it is shown on the next page."),
    )
    expires = DateField(_l("Last day"), [Optional()], description=_l("Empty: without end."))
    reason = TextField(_l("Reason"), [Optional(), Length(max=200)], description=_l("For whoever looks at it later."))

    def validate_amount(self, field: Any) -> None:
        """A card of nothing is none."""
        if not field.data and not field.errors:
            raise ValidationError(_("Enter an amount."))


class GrantForm(Form):
    """Store credit that is given; `key` is made with the form and makes it happen once."""

    key = HiddenField(validators=[DataRequired(), Length(max=40)])
    email = EmailField(
        _l("E-mail address of the account"),
        [DataRequired(_l("Enter an e-mail address such as name@example.com.")), Length(max=254), EMAIL],
        filters=(lowered,),
    )
    amount = MoneyField(_l("Amount"), [InputRequired(_l("Enter an amount."))], render_kw={"inputmode": "decimal"})
    reason = TextField(_l("Reason"), [DataRequired(_l("Say why, for whoever looks at it later.")), Length(max=200)])


class AdjustForm(Form):
    """A balance that is corrected; `key` makes it happen once."""

    key = HiddenField(validators=[DataRequired(), Length(max=40)])
    direction = RadioField(
        _l("Add or take away"), choices=options({ADD: _l("Add"), TAKE: _l("Take away")}), default=ADD
    )
    amount = MoneyField(_l("Amount"), [InputRequired(_l("Enter an amount."))], render_kw={"inputmode": "decimal"})
    reason = TextField(_l("Reason"), [DataRequired(_l("Say why, for whoever looks at it later.")), Length(max=200)])

    def signed_minor(self) -> int:
        """The amount with its sign."""
        return -(self.amount.data or 0) if self.direction.data == TAKE else self.amount.data or 0


def midnight(day: date | None, zone: ZoneInfo, days: int = 0) -> datetime | None:
    """When a day begins in the shop's zone, or so many days later."""
    return datetime.combine(day + timedelta(days=days), time(), zone) if day else None


def coupon_values(coupon: Coupon, zone: ZoneInfo) -> dict[str, Any]:
    """What a form shows of a coupon."""
    return {
        "code": coupon.code,
        "kind": coupon.kind.value,
        "percent": coupon.percent or None,
        "amount": coupon.amount_minor or None,
        "minimum": coupon.minimum_minor or None,
        "starts": coupon.starts_at.astimezone(zone).date() if coupon.starts_at else None,
        "ends": (coupon.ends_at - timedelta(microseconds=1)).astimezone(zone).date() if coupon.ends_at else None,
        "usage_limit": coupon.usage_limit,
        "is_once_per_customer": coupon.is_once_per_customer,
        "is_active": coupon.is_active,
    }
