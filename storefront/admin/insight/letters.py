"""A mail shown on a page of the desk, whose policy forbids styles in attributes: they become a style sheet."""

import re
from collections.abc import Iterator

from markupsafe import Markup

STYLE = re.compile(r' style="([^"]*)"')
BODY = re.compile(r"<body[^>]*>(.*)</body>", re.DOTALL)
# The page has a heading of its own.
HEADING = re.compile(r"(</?)h1\b")


def body_of(html: str) -> Markup:
    """What the mail shows, its styles by class; the mail is ours, so its markup is trusted."""
    found = BODY.search(html)
    names = _names(html)
    text = STYLE.sub(lambda match: f' class="{names[match[1]]}"', found[1] if found else "")
    return Markup(HEADING.sub(r"\1h2", text))  # noqa: S704 - a template of ours has escaped what is not.


def styles_of(html: str) -> str:
    """The style sheet for those classes."""
    return "\n".join(f".{name} {{ {rule} }}" for rule, name in _names(html).items()) + "\n"


def _names(html: str) -> dict[str, str]:
    rules: Iterator[str] = iter(dict.fromkeys(STYLE.findall(html)))
    return {rule: f"letter-{number}" for number, rule in enumerate(rules)}
