"""The desk's tests hold a context open for the factories while browsers send their requests."""

import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from storefront.core.db import db


class FreshClient(FlaskClient):
    """Gives each request an application context of its own, as a server does, and lets the test see what it wrote."""

    def open(self, *args: object, **kwargs: object) -> TestResponse:
        if has_app_context():
            db.session.rollback()
        with self.application.app_context():
            return super().open(*args, **kwargs)


@pytest.fixture
def app(app: Flask) -> Flask:
    """The shop, whose clients do not share the test's own context."""
    app.test_client_class = FreshClient
    return app
