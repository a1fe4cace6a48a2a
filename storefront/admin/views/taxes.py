"""Which tax goes with which country."""

from flask import flash, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint, show_form
from storefront.admin.forms.setup import CLASSES, TaxForm, tax_values
from storefront.checkout.forms import country_choices
from storefront.core.db import db
from storefront.core.errors import NotFound
from storefront.core.web import page, see_other, staff
from storefront.tax.queries import list_rates, list_rates_of
from storefront.tax.service import set_rates


@blueprint.get("/taxes")
@staff("settings.edit")
def taxes() -> Response:
    """All countries with their rates."""
    names = dict(country_choices())
    rates = sorted(list_rates(db.session()).items(), key=lambda item: names.get(item[0], item[0]))
    return page("admin/taxes/index.html", rates=rates, countries=names, classes=CLASSES)


@blueprint.get("/taxes/new")
@staff("settings.edit")
def new_tax() -> Response:
    """An empty form."""
    return _show(TaxForm(formdata=None), "")


@blueprint.post("/taxes")
@staff("settings.edit")
def create_tax() -> Response:
    """Add a country."""
    form = TaxForm()
    _offer(form, "")
    if not form.validate():
        return _show(form, "", 422)
    return _save(form.country.data, form)


@blueprint.get("/taxes/<country>")
@staff("settings.edit")
def tax(country: str) -> Response:
    """A country's rates in a form."""
    rates = list_rates_of(db.session(), country)
    if not rates:
        raise NotFound()
    return _show(TaxForm(formdata=None, data=tax_values(country, rates)), country)


@blueprint.post("/taxes/<country>")
@staff("settings.edit")
def change_tax(country: str) -> Response:
    """Save a country's rates."""
    if not list_rates_of(db.session(), country):
        raise NotFound()
    form = TaxForm()
    _offer(form, country)
    form.country.data = country
    if not form.validate():
        return _show(form, country, 422)
    return _save(country, form)


@blueprint.post("/taxes/<country>/removal")
@staff("settings.edit")
def delete_tax(country: str) -> Response:
    """Take a country away: what goes there is not taxed any more."""
    set_rates(country, "", {}, is_included=True)
    flash(
        _("Goods to %(country)s are not taxed any more.", country=dict(country_choices()).get(country, country)), "good"
    )
    return see_other(url_for("admin.taxes"))


def _save(country: str, form: TaxForm) -> Response:
    set_rates(country, form.name.data or "", form.rates(), is_included=bool(form.is_included.data))
    flash(_("Saved. New orders are taxed by it; those that are placed keep their rates."), "good")
    return see_other(url_for("admin.taxes"))


def _offer(form: TaxForm, country: str) -> None:
    """Countries without rates; only itself for one that has them."""
    taken = set(list_rates(db.session())) - {country}
    choices = [(code, name) for code, name in country_choices() if code not in taken]
    form.country.choices = [choice for choice in choices if not country or choice[0] == country]


def _show(form: TaxForm, country: str, status: int = 200) -> Response:
    _offer(form, country)
    removal = {
        "action": url_for("admin.delete_tax", country=country),
        "label": _("Remove this country"),
        "text": _("What goes there is not taxed any more. Orders that are placed keep their tax."),
    }
    return show_form(
        form,
        title=dict(country_choices()).get(country, country) if country else _("Another country"),
        crumb=(_("Tax"), url_for("admin.taxes")),
        action=url_for("admin.change_tax", country=country) if country else url_for("admin.create_tax"),
        status=status,
        removal=removal if country else None,
    )
