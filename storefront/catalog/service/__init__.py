"""The only writers of the catalogue, by noun."""

from storefront.catalog.service.categories import (
    CategoryNotEmpty,
    TakenCategory,
    create_category,
    delete_category,
    move_category,
    rename_category,
)
from storefront.catalog.service.pictures import (
    add_image,
    describe_image,
    put_image_first,
    remove_image,
)
from storefront.catalog.service.products import (
    EditConflict,
    NoVariant,
    ProductData,
    TakenCode,
    VariantData,
    archive_product,
    change_product,
    count_sold,
    create_product,
    restore_product,
    search_text,
    set_price,
)

__all__ = [
    "CategoryNotEmpty",
    "EditConflict",
    "NoVariant",
    "ProductData",
    "TakenCategory",
    "TakenCode",
    "VariantData",
    "add_image",
    "archive_product",
    "change_product",
    "count_sold",
    "create_category",
    "create_product",
    "delete_category",
    "describe_image",
    "move_category",
    "put_image_first",
    "remove_image",
    "rename_category",
    "restore_product",
    "search_text",
    "set_price",
]
