"""Which market a command line chooses, what it refuses, and that every market can be chosen."""

import json
from pathlib import Path

import pytest

from trading.paper.drivers.registry import KINDS, traded
from trading.paper.server.options import MARKETS, Options, parse

THREE = {"BTCUSDT", "ETHUSDT", "SOLUSDT"}


def chosen(*words: str) -> Options:
    return parse(["--data", "unused", *words])


def test_every_market_is_known_on_both_sides() -> None:
    assert set(KINDS) | {"manual"} == set(MARKETS)


@pytest.mark.parametrize(
    ("words", "market", "venue", "pairs"),
    [
        ([], "replay", "binance", THREE),
        (["--replay"], "replay", "binance", THREE),
        (["--market", "synthetic"], "synthetic", "binance", THREE),
        (["--market", "live:kraken"], "live", "kraken", THREE),
        (["--market", "frames"], "frames", "binance", {"BTCUSDT"}),
        (["--manual"], "manual", "binance", None),
        (["--market", "manual"], "manual", "binance", None),
    ],
)
def test_a_market_is_chosen_by_name(words: list[str], market: str, venue: str, pairs: set[str] | None) -> None:
    options = chosen(*words)
    assert (options.market, options.venue, options.manual) == (market, venue, market == "manual")
    assert traded(options) == pairs
    assert options.speed == 0  # each market has its own


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--market", "moon"], "'moon' is none of frames, live, manual, replay, synthetic, live:VENUE"),
        (["--market", "replay:kraken"], "'replay:kraken' is none of"),
        (["--speed", "0"], "between 1 and 3000"),
        (["--speed", "fast"], "invalid"),
        (["--market", "frames", "--frames", "/nowhere.gz"], "/nowhere.gz"),
        (["--latency", "/nowhere.jsonl"], "/nowhere.jsonl"),
        (["--deposit", "USDT=much"], "'much' is not an amount"),
    ],
)
def test_nonsense_is_refused_in_words(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        chosen(*words)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_plans_come_from_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faults, delays = tmp_path / "faults", tmp_path / "delays"
    faults.write_text('{"action": "stream_drop"}\n')
    delays.write_text('{"ms": 5}\n')
    options = chosen("--faults", str(faults), "--latency", str(delays))
    assert (options.faults, options.latency) == ([{"action": "stream_drop"}], [{"ms": 5}])
    delays.write_text(json.dumps({"ms": 5}) + "\nnonsense\n")
    with pytest.raises(SystemExit):
        chosen("--latency", str(delays))
    assert f"{delays}, line 2: Expecting value" in capsys.readouterr().err


def test_the_help_has_every_option_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    told = capsys.readouterr().out
    for word in ("--market", "--frames", "--live-url", "--latency", "--faults", "examples:", "a key file:", *MARKETS):
        assert word in told
