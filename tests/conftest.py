"""Fixtures for every test; what they are made of lies in tests/fixtures/."""

pytest_plugins = [
    "tests.fixtures.html",
    "tests.fixtures.browser",
    "tests.fixtures.servers",
    "tests.fixtures.databases",
    "tests.fixtures.shop",
]
