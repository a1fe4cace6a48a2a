"""How the provider's pages become HTML when nobody hands it the shop's own templates: plain Jinja, in English."""

from functools import cache
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from storefront.core.assets import asset_folder


class Render(Protocol):
    """Renders a template by name."""

    def __call__(self, template: str, /, **context: Any) -> str:
        """The page's HTML."""
        ...


def render_plainly(template: str, /, **context: Any) -> str:
    """The page in its source language."""
    return _environment().get_template(template).render(context)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(asset_folder("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # The extension adds it.
    return environment
