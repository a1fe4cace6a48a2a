"""People who work at the desk: who they are, inviting, what they may do, keeping out, helping who lost their factor."""

from collections.abc import Callable
from functools import partial

from flask import flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.accounts import staff as service
from storefront.accounts.models import User
from storefront.accounts.queries import list_sessions
from storefront.accounts.roles import list_roles, list_staff
from storefront.admin.desk import blueprint, show_form
from storefront.admin.forms.staff import InviteForm, RolesForm, offer_roles
from storefront.core.db import db
from storefront.core.errors import ShopError
from storefront.core.web import page, see_other, settings, staff, tell
from storefront.core.web.language import current


@blueprint.get("/staff")
@staff("people.view")
def people() -> Response:
    """Everybody with a role."""
    return page("admin/staff/index.html", people=list_staff(db.session()))


@blueprint.get("/staff/new")
@staff("people.edit")
def new_person() -> Response:
    """The form of an invitation."""
    return _show_invitation(InviteForm(formdata=None))


@blueprint.post("/staff")
@staff("people.edit")
def invite() -> Response:
    """Mail the invitation. Whether the address has an account already makes no difference."""
    form = offer_roles(InviteForm(), list_roles(db.session()))
    if not form.validate():
        return _show_invitation(form, 422)
    email = form.email.data or ""
    try:
        service.invite(current_user.id, email, form.roles.data, settings().secret_key, current())
    except ShopError as error:
        form.roles.errors = [tell(error)]
        return _show_invitation(form, 403)
    flash(_("We have written to %(email)s. The link in that mail is good for three days.", email=email), "good")
    return see_other(url_for("admin.people"))


@blueprint.get("/staff/<int:user_id>")
@staff("people.view")
def person(user_id: int) -> Response:
    """Somebody of the staff."""
    return _show(user_id)


@blueprint.post("/staff/<int:user_id>/roles")
@staff("people.edit")
def set_roles(user_id: int) -> Response:
    """Give them these roles and no others."""
    form = offer_roles(RolesForm(), list_roles(db.session()))
    if not form.validate():
        return _show(user_id, 422, form)
    do = partial(service.set_roles, current_user.id, user_id, form.roles.data)
    return _do(user_id, do, _("The roles are changed, and count from now on."))


@blueprint.post("/staff/<int:user_id>/state")
@staff("people.edit")
def set_state(user_id: int) -> Response:
    """Keep them out, or let them in again."""
    is_active = request.form.get("state") == "active"
    done = _("They may sign in again.") if is_active else _("They are signed out everywhere and kept out.")
    return _do(user_id, partial(service.set_active, current_user.id, user_id, is_active=is_active), done)


@blueprint.post("/staff/<int:user_id>/removal")
@staff("people.edit")
def dismiss(user_id: int) -> Response:
    """Take every role away."""
    return _do(user_id, partial(service.dismiss, current_user.id, user_id), _("They do not work here any more."))


@blueprint.post("/staff/<int:user_id>/factor-removal")
@staff("people.edit")
def reset_factor(user_id: int) -> Response:
    """Take a lost second factor away."""
    do = partial(service.reset_factor, current_user.id, user_id)
    return _do(user_id, do, _("At their next sign-in they set up a new second factor."))


@blueprint.post("/staff/<int:user_id>/sessions/end")
@staff("people.edit")
def sign_out_person(user_id: int) -> Response:
    """Sign them out of every browser."""
    return _do(user_id, partial(service.sign_out, current_user.id, user_id), _("They are signed out everywhere."))


def _do(user_id: int, do: Callable[[], None], done: str) -> Response:
    """Do it, or say on the page of the person why not; whoever has left has no page any more."""
    own_id = current_user.id
    try:
        do()
    except service.UnknownPerson:
        raise
    except ShopError as error:
        flash(tell(error), "danger")
        return see_other(url_for("admin.person", user_id=user_id))
    flash(done, "good")
    user = db.session().get(User, user_id)
    is_there = user is not None and user.roles and user_id != own_id
    return see_other(url_for("admin.person", user_id=user_id) if is_there else url_for("admin.people"))


def _show_invitation(form: InviteForm, status: int = 200) -> Response:
    return show_form(
        offer_roles(form, list_roles(db.session())),
        title=_("Invite somebody"),
        crumb=(_("People"), url_for("admin.people")),
        action=url_for("admin.invite"),
        status=status,
    )


def _show(user_id: int, status: int = 200, form: RolesForm | None = None) -> Response:
    session = db.session()
    user = session.get(User, user_id)
    if user is None or not user.roles:
        raise service.UnknownPerson()
    shown = form or RolesForm(formdata=None, data={"roles": [role.id for role in user.roles]})
    return page(
        "admin/staff/show.html",
        status=status,
        person=user,
        form=offer_roles(shown, list_roles(session)),
        sessions=list_sessions(session, user_id),
    )
