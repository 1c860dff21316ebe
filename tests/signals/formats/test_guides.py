"""The messages that the migration guides tell people to paste are understood, in the format the guide names."""

import re
from pathlib import Path

import pytest

from signals import formats
from tests.signals.formats.bodies import understand

GUIDES = Path(__file__).resolve().parents[3] / "docs" / "migration"
BLOCK = re.compile(r"```(?:json|text)\n(.*?)```", re.DOTALL)
NAME = re.compile(r"`([a-z_]+)`")
RENDERED = {
    "close": "61000",
    "exchange": "BINANCE",
    "high": "61200",
    "interval": "15",
    "low": "60800",
    "open": "60900",
    "strategy.market_position": "long",
    "strategy.market_position_size": "0.01",
    "strategy.order.action": "buy",
    "strategy.order.contracts": "0.01",
    "strategy.order.id": "Long",
    "strategy.order.price": "61000",
    "strategy.prev_market_position": "flat",
    "strategy.prev_market_position_size": "0",
    "ticker": "BTCUSDT",
    "time": "2026-11-20T10:00:00Z",
    "timenow": "2026-11-20T10:15:00Z",
}


def rendered(message: str) -> str:
    return re.sub(r"\{\{([a-z_.]+)\}\}", lambda found: RENDERED[found[1]], message)


MESSAGES = [(guide.name, block) for guide in sorted(GUIDES.glob("*.md")) for block in BLOCK.findall(guide.read_text())]


@pytest.mark.parametrize(("guide", "message"), MESSAGES)
def test_a_message_of_a_guide_is_understood(guide: str, message: str) -> None:
    assert understand(rendered(message)).format in NAME.findall((GUIDES / guide).read_text())


def test_every_format_of_another_platform_has_a_guide() -> None:
    named = {name for guide in GUIDES.glob("*.md") for name in NAME.findall(guide.read_text())}
    own = {"alerts", "indicators", "signals", "windlass", "windlass_nested", "windlass_values"}
    assert formats.BY_NAME.keys() - own <= named


def test_every_guide_is_in_the_index() -> None:
    index = (GUIDES / "README.md").read_text()
    assert [guide.name for guide in GUIDES.glob("*.md") if f"]({guide.name})" not in index] == ["README.md"]
