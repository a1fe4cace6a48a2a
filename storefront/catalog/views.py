"""The shop window. Its pages are the same bytes for everybody: no token, no name, no cart in them."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from storefront.catalog import queries
from storefront.catalog.forms import Browse, read_browse, sort_choices
from storefront.catalog.models import Category, Product, Variant
from storefront.catalog.queries import ProductFilter, Sort
from storefront.catalog.shelves import list_shelf_pictures
from storefront.core.db import db
from storefront.core.web import public, settings, shared_page, wants_fragment
from storefront.insight.pairs import list_bought_together
from storefront.stock.forms import StockRequestForm
from storefront.stock.queries import map_available

blueprint = Blueprint("catalog", __name__)
HOME_SIZE = 8


@blueprint.app_template_global()
def menu_categories() -> list[Category]:
    """The shelves that every page's menu leads to."""
    return queries.list_shelves(db.session())


@blueprint.get("/")
@public
def home() -> Response:
    """What sells best, what is new, and the way to every shelf."""
    session = db.session()
    popular = queries.list_first(session, Sort.POPULAR, HOME_SIZE)
    new = queries.list_first(session, Sort.NEW, HOME_SIZE)
    return shared_page(
        "catalog/home.html",
        shelves=list_shelf_pictures(session),
        popular=popular,
        new=new,
        stock=_stock_of([*popular, *new]),
    )


@blueprint.get("/c/<slug>")
@public
def category(slug: str) -> Response:
    """One shelf: sorted, narrowed and paged by the address."""
    found = queries.get_category(db.session(), slug)
    canonical = url_for("catalog.category", slug=slug, _external=True)
    return _browse("catalog/category.html", found.id, category=found, canonical=canonical)


@blueprint.get("/search")
@public
def search() -> Response:
    """What the words find in the whole shop; without words, everything."""
    return _browse("catalog/search.html", None)


@blueprint.get("/p/<slug>")
@public
def product(slug: str) -> Response:
    """One product; `?v=` names the SKU that is shown, `?asked=1` thanks whoever wants to hear when it is back."""
    found = queries.get_product(db.session(), slug)
    return shared_page(
        "catalog/product.html",
        fragment="product",
        product=found,
        ask_form=StockRequestForm(),
        is_asked=request.args.get("asked") == "1",
        **_offered(found),
        **_beside(found),
    )


def _offered(found: Product) -> dict[str, Any]:
    """What can be bought of a product, and the variant that is shown; raises UnknownProduct when there is nothing."""
    variants = found.active_variants
    if not variants:
        raise queries.UnknownProduct(slug=found.slug)
    available = map_available(db.session(), [variant.id for variant in variants])
    shown = _shown(variants, available)
    images = sorted(found.images, key=lambda image: image.variant_id != shown.id)
    return {"variants": variants, "available": available, "variant": shown, "images": images}


def _beside(found: Product) -> dict[str, Any]:
    """What was bought together with a product, and what else lies on its shelf."""
    session = db.session()
    together = list_bought_together(session, found.id)
    related = [one for one in queries.list_related(session, found) if one not in together]
    return {"together": together, "related": related, "stock": _stock_of([*together, *related])}


def _browse(template: str, category_id: int | None, **context: Any) -> Response:
    """A list of products with its choices; htmx gets the results alone, and the address without empty choices."""
    session = db.session()
    chosen = read_browse(request.args, settings().currency)
    results = queries.list_products(session, chosen.filter(category_id), chosen.sort, chosen.page)
    response = shared_page(
        template,
        fragment="results",
        results=results,
        chosen=chosen,
        sorts=sort_choices(),
        bounds=queries.price_bounds(session, ProductFilter(category_id=category_id, words=chosen.words)),
        stock=_stock_of(results.items),
        url=lambda **changes: _address(chosen, **changes),
        **context,
    )
    if wants_fragment():
        response.headers["HX-Push-Url"] = _address(chosen, page=results.number)
    return response


def _address(chosen: Browse, **changes: object) -> str:
    return url_for(request.endpoint or "catalog.search", **{**(request.view_args or {}), **chosen.query(**changes)})


def _shown(variants: list[Variant], available: dict[int, int]) -> Variant:
    """The variant that was asked for, else the first that can be bought now, else the first."""
    asked = [variant for variant in variants if variant.sku == request.args.get("v")]
    there = [variant for variant in variants if available[variant.id] > 0]
    return (asked or there or variants)[0]


def _stock_of(products: Iterable[Product]) -> dict[int, int]:
    """How many pieces of each product can be sold, all its variants together."""
    shown = list(products)
    available = map_available(db.session(), [v.id for product in shown for v in product.active_variants])
    return {product.id: sum(available[v.id] for v in product.active_variants) for product in shown}
