"""The worker under test works for the shop under test."""

import pytest
from flask import Flask


@pytest.fixture
def worker(context: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The shop with its context open, and `jobs.worker.perform` working on it in this process."""
    monkeypatch.setattr("jobs.worker._app", context)
    return context
