"""Requests that nobody's browser sends: any method at any address, with rubbish in every place that has a name."""

import io
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from tests.security.visitors import Town

WHO = ("anonymous", "buyer", "owner")
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH")
NASTY = [
    *("", " ", "0", "-1", "1", "2", "3.5", "1e309", "NaN", "-Infinity", "9" * 30, "9" * 5000, "2147483648", "0x10"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809", "٣", "²", "1,000", "1.2.3", "1_000", "+1"),
    *(
        "\0",
        "a\0b",
        "\t",
        "\r\nX-Planted: 1",
        "\x7f",
        "\u202e",
        "\ufeff",
        "\ufffe",
        "\U0010ffff",
        "e\u0301",
        "😀" * 200,
    ),
    *(
        "A" * 300,
        "A" * 20_000,
        "ß" * 255,
        "İ" * 130,
        "../../../etc/passwd",
        "..\\..",
        "%00",
        "%",
        "%s",
        "%(name)s",
        "{0}",
    ),
    *("' OR 1=1 --", '"><script>', "{{7*7}}", "=cmd()", "null", "true", "y", "[]", "{}", "//evil.example", "/\\evil"),
    *("2026-02-30", "0001-01-01", "9999-12-31", "2026-12-31", "ada@example.com", "a@b", "@", "a@" + "b" * 300 + ".com"),
    *("GB", "ZZ", "xx", "standard", "online", "received", "fewer", "written_off", "restock", "archived", "active"),
    *("percent", "amount", "flat", "weight", "up", "all", "open", "any", "buyer@example.com", "owner@example.com"),
    *("correct horse battery", "123456", "WELCOME", "SKU-1-0", "0.01", "99999999999999999999.99", "1e5", "-0.00"),
]
HEADERS = {
    "HX-Request": ["true", "false", "\xff"],
    "HX-Request-Type": ["partial", "full"],
    "HX-Boosted": ["true"],
    "Accept-Language": ["zh", "en;q=x", "*;q=1e9", ",,,;", "a" * 5000, "\xff\xfe"],
    "Content-Type": ["application/json", "multipart/form-data", "multipart/form-data; boundary=", "text/\xff", ""],
    "Cookie": ["shop=x", "lang=zh_Hans", "lang=\xff", "shop=" + "e" * 3000, "=;;=", "shop=.eJx; shop=.eJy"],
    "Range": ["bytes=0-1", "bytes=x", "bytes=9999999999-"],
    "If-None-Match": ['"x"', "*"],
    "If-Modified-Since": ["yesterday"],
    "X-Forwarded-For": ["1.2.3.4", "\xff", "a, b"],
    "Host": ["evil.example", "a:b:c", "\xff", ""],
    "Referer": ["https://evil.example/"],
    "Origin": ["https://evil.example", "null", "http://[", "\xff"],
    "Sec-Fetch-Site": ["cross-site", "same-site", "none", "x"],
    "Authorization": ["Bearer \xff", "Basic !!", "Digest x"],
    "User-Agent": ["", "A" * 5000, "\xff"],
    "Stripe-Signature": ["t=1,v1=x", "t=x", "\xff", ",,"],
    "Accept-Encoding": ["br;q=x", "gzip, identity;q=0", "\xff"],
    "Content-Length": ["-1", "x", "5"],
}
TEXT = st.one_of(st.sampled_from(NASTY), st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12))


@dataclass(frozen=True, repr=False)
class Names:
    """What pages and forms of the shop name: fields of each route's forms, and arguments of its addresses."""

    town: Town
    rules: list[Rule]
    fields: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    arguments: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Shot:
    """One request."""

    who: str
    endpoint: str
    method: str
    path: str
    options: dict[str, Any]


def read_names(town: Town, rules: list[Rule], pages: dict[str, str]) -> Names:
    """Look at every page as each of them, and note the names of what could be sent, with what stands in it."""
    names = Names(town, rules)
    adapter = town.app.url_map.bind("localhost")
    for who in WHO:
        client = town.visitor(who)
        for path in pages.values():
            text = client.get(path).get_data().decode("utf-8", "replace")
            for href in re.findall(r'(?:href|action|hx-get)="([^"]+\?[^"]+)"', text):
                for name, value in parse_qsl(urlsplit(unescape(href)).query):
                    names.arguments.setdefault(name, []).append(value)
            for action, inside in re.findall(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', text, re.S):
                _note(names, adapter, unescape(action), inside)
    return names


def _note(names: Names, adapter: Any, action: str, inside: str) -> None:
    found = re.findall(r'name="([^"]+)"(?:[^>]*?value="([^"]*)")?', inside)
    for method in ("POST", "GET"):
        try:
            endpoint, _ = adapter.match(urlsplit(action).path, method=method)
        except HTTPException:
            continue
        known = names.fields.setdefault(endpoint, {})
        for name, value in found:
            if name != "csrf_token" and value not in known.setdefault(name, []):
                known[name].append(unescape(value))


@st.composite
def shots(draw: st.DrawFn, names: Names) -> Shot:
    """A request to any route; every part of it is now and then what our pages would send, so that others get far."""
    rule = draw(st.sampled_from(names.rules))
    path = draw(_paths(names.town, rule))
    usual = "POST" if "POST" in (rule.methods or ()) else "GET"
    method = usual if draw(st.integers(0, 9)) else draw(st.sampled_from(METHODS))
    options: dict[str, Any] = {"headers": {} if draw(st.booleans()) else draw(_headers())}
    if draw(st.integers(0, 3)) == 0:
        known = sorted(names.arguments)
        options["query_string"] = draw(st.dictionaries(st.sampled_from(known) | TEXT, TEXT, max_size=3))
    if method in {"POST", "PUT", "PATCH"}:
        options |= draw(_bodies(names, rule.endpoint))
    # At the desk anybody else is only sent away.
    is_desk = rule.endpoint.startswith("admin.") and draw(st.integers(0, 9))
    return Shot("owner" if is_desk else draw(st.sampled_from(WHO)), rule.endpoint, method, path, options)


@st.composite
def _paths(draw: st.DrawFn, town: Town, rule: Rule) -> str:
    """The rule with each place filled: twice in three times with what is there."""
    path = rule.rule
    for place in re.findall(r"<[^>]+>", path):
        name = place.strip("<>").partition(":")[2] or place.strip("<>")
        there = [str(value) for value in (_fact(town, rule.endpoint, name), *town.facts.values())]
        chosen = there[0] if draw(st.integers(0, 2)) else draw(st.sampled_from(there) | TEXT)
        path = path.replace(place, _quoted(chosen, is_raw=draw(st.integers(0, 9)) == 0))
    if not draw(st.integers(0, 29)):
        path += draw(st.sampled_from(["/", "%ff", "%00", "//", "/..", ";x", "%"]))
    # After two slashes the test client would look for a host.
    return "/" + path.lstrip("/")


def _fact(town: Town, endpoint: str, name: str) -> Any:
    from tests.security.test_matrix import OTHER

    owner = endpoint if (endpoint, name) in OTHER else endpoint.partition(".")[0]
    return town.facts.get(OTHER.get((owner, name), name), 1)


def _quoted(text: str, *, is_raw: bool) -> str:
    from urllib.parse import quote

    return quote(text, safe="") + ("%ff%fe" if is_raw else "")


@st.composite
def _headers(draw: st.DrawFn) -> dict[str, str]:
    chosen = draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=3, unique=True))
    return {name: draw(st.sampled_from(HEADERS[name])) for name in chosen}


@st.composite
def _bodies(draw: st.DrawFn, names: Names, endpoint: str) -> dict[str, Any]:
    """A form with the fields of that route; now and then what is no form at all."""
    kind = draw(st.integers(0, 19))
    if kind == 0:
        return {"data": draw(st.binary(max_size=60)), "content_type": draw(st.sampled_from(HEADERS["Content-Type"]))}
    form: dict[str, Any] = {}
    for name, values in names.fields.get(endpoint, {}).items():
        choice = draw(st.integers(0, 9))
        if choice < 6 and values:
            form[name] = draw(st.sampled_from(values))
        elif choice < 9:
            form[name] = draw(TEXT)
    if kind < 4:
        form[draw(st.sampled_from(["quantity", "next", "id", "user_id", "roles", "page"]) | TEXT)] = draw(TEXT)
    if kind == 4:
        form["pictures"] = (io.BytesIO(draw(st.binary(max_size=40))), draw(TEXT))
    return {"data": form}
