"""Pictures of a product: upload, describe, put first, remove."""

from collections.abc import Iterable

from flask import flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.catalog import service
from storefront.catalog.images import MAX_BYTES, MEBIBYTE, store_upload
from storefront.catalog.queries import get_product_by_id
from storefront.core.db import db
from storefront.core.errors import InvalidInput
from storefront.core.web import allows_bytes, page, see_other, settings, staff, tell

MAX_ALT = 200
# A dozen photos from a phone in one go.
MAX_TOGETHER = 60 * MEBIBYTE


@blueprint.get("/products/<int:product_id>/pictures")
@staff("catalog.view")
def pictures(product_id: int) -> Response:
    """The pictures, the one that stands for the product first."""
    return _show(product_id)


@blueprint.post("/products/<int:product_id>/pictures")
@staff("catalog.edit")
@allows_bytes(MAX_TOGETHER)
def add_pictures(product_id: int) -> Response:
    """Hang up what was chosen; a file that is refused says why and keeps no other from being hung."""
    name = get_product_by_id(db.session(), product_id).name
    alt = request.form.get("alt", "").strip()[:MAX_ALT] or name
    files = [file for file in request.files.getlist("pictures") if file.filename]
    errors = [] if files else [_("Choose at least one file.")]
    added, refused = _store_all(product_id, files, alt)
    if added:
        flash(ngettext("%(num)s picture was added.", "%(num)s pictures were added.", added), "good")
    if errors + refused:
        return _show(product_id, errors + refused, status=422)
    return see_other(url_for("admin.pictures", product_id=product_id))


@blueprint.post("/products/<int:product_id>/pictures/<int:image_id>")
@staff("catalog.edit")
def describe_picture(product_id: int, image_id: int) -> Response:
    """Say what a picture shows, for those who cannot see it."""
    service.describe_image(product_id, image_id, request.form.get("alt", "").strip()[:MAX_ALT])
    flash(_("The description is saved."), "good")
    return see_other(url_for("admin.pictures", product_id=product_id))


@blueprint.post("/products/<int:product_id>/pictures/<int:image_id>/position")
@staff("catalog.edit")
def put_picture_first(product_id: int, image_id: int) -> Response:
    """Let a picture stand for the product."""
    service.put_image_first(product_id, image_id)
    flash(_("This picture comes first now."), "good")
    return see_other(url_for("admin.pictures", product_id=product_id))


@blueprint.post("/products/<int:product_id>/pictures/<int:image_id>/removal")
@staff("catalog.edit")
def remove_picture(product_id: int, image_id: int) -> Response:
    """Take a picture down."""
    service.remove_image(product_id, image_id)
    flash(_("The picture was removed."), "good")
    return see_other(url_for("admin.pictures", product_id=product_id))


def _store_all(product_id: int, files: Iterable[FileStorage], alt: str) -> tuple[int, list[str]]:
    """How many were hung up, and what is wrong with the others."""
    added, refused, media = 0, [], settings().data_dir / "media"
    for file in files:
        try:
            stored = store_upload(file.stream.read(MAX_BYTES + 1), media)
        except InvalidInput as error:
            refused.append(_("%(file)s: %(reason)s", file=file.filename, reason=tell(error)))
            continue
        service.add_image(product_id, key=stored.key, width=stored.width, height=stored.height, alt=alt)
        added += 1
    return added, refused


def _show(product_id: int, errors: list[str] | None = None, status: int = 200) -> Response:
    product = get_product_by_id(db.session(), product_id)
    return page(
        "admin/products/pictures.html",
        status=status,
        product=product,
        errors=errors or [],
        limit=MAX_BYTES // MEBIBYTE,
        together=MAX_TOGETHER // MEBIBYTE,
    )
