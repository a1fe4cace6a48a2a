"""Fixtures for every test; what they are made of lies in tests/fixtures/."""

pytest_plugins = ["tests.fixtures.servers", "tests.fixtures.shop"]
