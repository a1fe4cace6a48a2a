"""Who comes to the shop in these tests: signed in without the sign-in page, so that a thousand visits cost seconds."""

import time
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from storefront.accounts import service as accounts
from storefront.accounts import sessions
from storefront.accounts.models import User
from storefront.accounts.views.visit import SHOWN
from storefront.core.db import db
from storefront.core.web.access import FACTOR

RAW_TOKEN = "0" * 40
STAFF = ("owner", "manager", "packer", "analyst")
# `buyer` has an order, a cart and a session; `stranger` is another customer.
# `unproven` is an owner who has not shown the second factor.
VISITORS = ("anonymous", "stranger", "buyer", *STAFF, "unproven")
OURS = {"Sec-Fetch-Site": "same-origin"}


class Browser(FlaskClient):
    """Each request has an application context of its own, as on a server, whatever the test holds open."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        with self.application.app_context():
            return super().open(*args, **kwargs)


@dataclass
class Town:
    """A shop with something of everything: its app, its people by name, and the facts that stand in addresses."""

    app: Flask
    people: dict[str, int] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def visitor(self, name: str) -> FlaskClient:
        """A new browser of that person, with a session of its own."""
        client = self.app.test_client()
        kept = {"csrf_token": RAW_TOKEN}
        if name != "anonymous":
            kept |= self._session(self.people[name])
        if name in STAFF:
            kept[FACTOR] = time.time()
        with client.session_transaction() as session:
            session.update(kept)
        return client

    def send(self, client: FlaskClient, method: str, path: str, form: Any = None, **options: Any) -> Any:
        """A request as our own pages send it: from our origin, with the token."""
        headers = {**OURS, **options.pop("headers", {})}
        if method == "POST" and form is not None:
            options["data"] = {"csrf_token": self.token(), **form}
        return client.open(path, method=method, headers=headers, **options)

    def token(self) -> str:
        """What a form carries: the session's token, signed."""
        return str(URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps(RAW_TOKEN))

    def _session(self, user_id: int) -> dict[str, Any]:
        with self.app.app_context():
            key = sessions.begin(user_id, "a test")
            user = db.session.get_one(User, user_id)
            kept = {"_user_id": user.get_id(), "_fresh": True, "key": key, SHOWN: int(time.time())}
            db.session.remove()
        return kept


def settle(app: Flask, password: str) -> Town:
    """The people: a customer who bought something, another one, and a member of staff of each role."""
    town = Town(app)
    with app.app_context():
        for name in VISITORS[1:]:
            roles = [name] if name in STAFF else ["owner"] if name == "unproven" else []
            town.people[name] = accounts.create_user(f"{name}@example.com", password, name.title(), roles=roles)
        db.session.remove()
    return town
