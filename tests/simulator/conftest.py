"""Fixtures of the conformance tests: the engine's own stage."""

from tests.engine.conftest import desk, exchange

__all__ = ["desk", "exchange"]
