"""`python -m benchmarks.fuzz`: broken, hostile and half-right bodies through the door's reading, in slices that resume.

Every body is made from its number alone (seed and number), so a finding can be made again: `--only NUMBER` prints it.
A body passes when it is understood or refused with a code, within the limit of CPU time.
"""

import argparse
import contextlib
import gc
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from project.services.options import BASE_DIR
from signals import formats
from signals.deliveries import opened
from signals.formats import FormatRefused

LIMIT_MS = 5.0
SEED = "windlass"
AGAIN = 4
# A body slower than all before is read so often again, and the quickest counts: a slow formula stays slow, a busy
# machine does not.
ENDPOINTS = ("tradingview", "tradingview", "tradingview", "indicators", "alerts", "signals")
BLOCK = re.compile(r"```(?:json|text)\n(.*?)```", re.DOTALL)
PLACEHOLDER = re.compile(r"\{\{([a-z_.]+)\}\}")
FILLED = {
    "exchange": "BINANCE",
    "interval": "15",
    "strategy.market_position": "long",
    "strategy.order.action": "buy",
    "strategy.order.id": "Long",
    "strategy.prev_market_position": "flat",
    "ticker": "BTCUSDT",
    "time": "2026-11-20T10:00:00Z",
    "timenow": "2026-11-20T10:15:00Z",
}
A_NUMBER = "61000"
HOSTILE: Sequence[object] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1e308,
        5e-324,
        "",
        " ",
        "0",
        "-0",
        "1e999",
        "NaN",
        "Infinity",
        "-",
        ".",
        "1,5",
        "1.000,5",
    ),
    *(
        "1e-400",
        "9" * 45,
        "٣",
        "½",
        "\u0000",
        "\ud83d",
        "{{close}}",
        "buy",
        "SELL ",
        "long",
        "flat",
        "exit_long",
        "100%",
    ),
    *("1% equity", "BINANCE:BTCUSDT.P", "=1+1", "2026-13-45", "0001-01-01T00:00:00Z", "9999999999999", "15", "5M"),
    *([], {}, [[]], {"percent": 2}, [{"price": 1, "share": 200}], "(" * 3000, "a" * 5000, "sl=1 " * 500, "тест"),
    *("1..2", "0x10", "1_000", "+5", "‮abc", "close(side=buy, amount=100%)" * 40, {"a": {"a": {"a": {"a": 1}}}}),
)
KEYS = (
    "action",
    "symbol",
    "ticker",
    "price",
    "sl",
    "tp",
    "secret",
    "code",
    "data",
    "qty",
    "size",
    "id",
    "",
    " ",
    "Action",
)
TOKENS = (
    "{",
    "}",
    "[",
    "]",
    '"',
    ":",
    ",",
    "\\",
    "\\u0000",
    "\\ud800",
    "(",
    ")",
    "=",
    "\n",
    "\t",
    "\ufeff",
    "%",
    "'",
    "//",
    "-",
)


@dataclass
class Tally:
    """What became of the bodies so far."""

    done: int = 0
    understood: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    cpu_secs: float = 0.0
    slowest_ms: float = 0.0
    slowest: int = 0


# bodies ------------------------------------------------------------------------------------------


def seeds() -> list[str]:
    """The documents' own messages, with something where a platform would fill in."""
    pages = [BASE_DIR / "docs" / "alert-formats.md", *sorted((BASE_DIR / "docs" / "migration").glob("*.md"))]
    found = [block.strip() for page in pages for block in BLOCK.findall(page.read_text(encoding="utf-8"))]
    return [PLACEHOLDER.sub(lambda name: FILLED.get(name[1], A_NUMBER), message) for message in found]


def body(number: int, messages: Sequence[str]) -> tuple[bytes, str]:
    """The body of a number, and the endpoint that it is sent to."""
    chance = random.Random(f"{SEED}:{number}")  # noqa: S311 - it shall be the same each time
    text = chance.choice(messages)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3, 5))):
        text = chance.choice(CHANGES)(chance, text, messages)
    return text.encode("utf-8", "surrogatepass"), chance.choice(ENDPOINTS)


def _value(chance: random.Random, text: str, messages: Sequence[str]) -> str:
    """A hostile value somewhere in the object; a text without one gets a hostile word."""
    return _in_object(chance, text, lambda found: found.update({chance.choice(list(found)): chance.choice(HOSTILE)}))


def _key(chance: random.Random, text: str, messages: Sequence[str]) -> str:
    return _in_object(chance, text, lambda found: found.update({chance.choice(KEYS): chance.choice(HOSTILE)}))


def _less(chance: random.Random, text: str, messages: Sequence[str]) -> str:
    return _in_object(chance, text, lambda found: found.pop(chance.choice(list(found))))


def _renamed(chance: random.Random, text: str, messages: Sequence[str]) -> str:
    def rename(found: dict[str, object]) -> object:
        name = chance.choice(list(found))
        return found.update({chance.choice((name.upper(), name[:-1], f"{name}s", f" {name}")): found.pop(name)})

    return _in_object(chance, text, rename)


def _mixed(chance: random.Random, text: str, messages: Sequence[str]) -> str:
    """Two platforms in one body."""
    other = _object(chance.choice(messages))
    return _in_object(chance, text, lambda found: found.update(other or {}))


def _nested(chance: random.Random, text: str, messages: Sequence[str]) -> str:
    return f'{{"{chance.choice(KEYS)}": ' * (deep := chance.choice((1, 2, 15, 17, 200))) + text + "}" * deep


def _token(chance: random.Random, text: str, messages: Sequence[str]) -> str:
    place = chance.randint(0, len(text))
    return text[:place] + chance.choice(TOKENS) * chance.choice((1, 1, 2, 300)) + text[place:]


def _cut(chance: random.Random, text: str, messages: Sequence[str]) -> str:
    return text[: chance.randint(0, len(text))]


def _swapped(chance: random.Random, text: str, messages: Sequence[str]) -> str:
    """Any character for one of them."""
    place = chance.randint(0, max(len(text) - 1, 0))
    return text[:place] + chr(chance.choice((chance.randint(0, 0x7F), chance.randint(0, 0x2FFF)))) + text[place + 1 :]


def _repeated(chance: random.Random, text: str, messages: Sequence[str]) -> str:
    return text * chance.choice((2, 3, 50)) if len(text) < 1000 else text[::-1]


def _joined(chance: random.Random, text: str, messages: Sequence[str]) -> str:
    return f"{text}{chance.choice((' ', chr(10), ',', ';'))}{chance.choice(messages)}"


Change = Callable[[random.Random, str, Sequence[str]], str]
CHANGES: tuple[Change, ...] = (
    *(_value, _value, _value, _key, _less, _renamed, _mixed),
    *(_nested, _token, _cut, _swapped, _repeated, _joined),
)


def _object(text: str) -> dict[str, object] | None:
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(text)
        return found if isinstance(found, dict) and found else None
    return None


def _in_object(chance: random.Random, text: str, change: Callable[[dict[str, object]], object]) -> str:
    """Change the object, or one that stands in it; a text gets a hostile word instead."""
    whole = _object(text)
    if whole is None:
        words = text.split(" ")
        words[chance.randrange(len(words))] = str(chance.choice(HOSTILE))
        return " ".join(words)
    inner = [value for value in whole.values() if isinstance(value, dict) and value]
    change(chance.choice([whole, *inner]))
    return json.dumps(whole, ensure_ascii=chance.random() < 0.5)


# reading -----------------------------------------------------------------------------------------


def read(raw: bytes, endpoint: str) -> str:
    """What the door makes of a body: the format's name. Raises FormatRefused."""
    _, found = opened(raw)
    return formats.parse(found, formats.choose(found, endpoint=endpoint, by_token=True)).format


def try_one(number: int, messages: Sequence[str], tally: Tally) -> None:
    """Read one body and count what became of it."""
    raw, endpoint = body(number, messages)
    started = time.thread_time_ns()
    _count(number, raw, endpoint, tally)
    took = time.thread_time_ns() - started
    tally.done += 1
    tally.cpu_secs += took / 1e9
    if took / 1e6 > min(LIMIT_MS, tally.slowest_ms):
        took = min([took, *(_timed(raw, endpoint) for _ in range(AGAIN))])
    if took / 1e6 > tally.slowest_ms:
        tally.slowest_ms, tally.slowest = took / 1e6, number
    if took / 1e6 > LIMIT_MS:
        tally.slow.append(f"{number}: {took / 1e6:.1f} ms, {len(raw)} bytes")


def _count(number: int, raw: bytes, endpoint: str, tally: Tally) -> None:
    try:
        name = read(raw, endpoint)
        tally.understood[name] = tally.understood.get(name, 0) + 1
    except FormatRefused as refused:
        tally.refused[refused.code] = tally.refused.get(refused.code, 0) + 1
    except Exception as error:  # noqa: BLE001 - the one thing that is looked for
        tally.failed.append(f"{number}: {type(error).__name__}: {str(error)[:200]}")


def _timed(raw: bytes, endpoint: str) -> int:
    started = time.thread_time_ns()
    with contextlib.suppress(FormatRefused):
        read(raw, endpoint)
    return time.thread_time_ns() - started


# the run -----------------------------------------------------------------------------------------


def main() -> int:
    """Go on where the last slice ended; 1 when a body failed or was too slow."""
    given = _parser().parse_args()
    messages = seeds()
    if given.only is not None:
        sys.stdout.write(repr(body(given.only, messages)) + "\n")
        return 0
    tally = _resumed(given.state)
    ends = time.monotonic() + given.secs
    while tally.done < given.total and time.monotonic() < ends:
        try_one(tally.done, messages, tally)
    given.state.write_text(json.dumps(vars(tally)), encoding="utf-8")
    sys.stdout.write(report(tally, given.total, messages) + "\n")
    return 1 if tally.failed or tally.slow else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--total", type=int, default=1_000_000, help="bodies in all (default: 1,000,000)")
    parser.add_argument("--secs", type=float, default=170, help="length of this slice (default: 170)")
    parser.add_argument("--state", type=Path, default=Path("fuzz.json"), help="where the count is kept between slices")
    parser.add_argument("--only", type=int, help="print the body of one number and stop")
    return parser


def _resumed(state: Path) -> Tally:
    return Tally(**json.loads(state.read_text(encoding="utf-8"))) if state.exists() else Tally()


def report(tally: Tally, total: int, messages: Sequence[str]) -> str:
    """The counts, in words."""
    lines = [f"{tally.done:,} of {total:,} bodies, made from {len(messages)} messages of the documents"]
    lines.append(f"understood {sum(tally.understood.values()):,} in {len(tally.understood)} formats")
    lines.append(f"refused    {sum(tally.refused.values()):,} with {len(tally.refused)} codes")
    lines += [f"           {count:,} {code}" for code, count in Counter(tally.refused).most_common()]
    lines.append(f"failed     {len(tally.failed)}")
    lines += [f"           {said}" for said in tally.failed[:20]]
    lines.append(
        f"slower than {LIMIT_MS:g} ms of CPU: {len(tally.slow)}; the slowest {tally.slowest_ms:.2f} ms (number {tally.slowest})"
    )
    lines += [f"           {said}" for said in tally.slow[:20]]
    rate = tally.done / tally.cpu_secs if tally.cpu_secs else 0
    lines.append(f"{rate:,.0f} a second of CPU")
    return "\n".join(lines)


if __name__ == "__main__":
    gc.freeze()  # what is loaded is not looked through again while bodies are timed
    sys.exit(main())
