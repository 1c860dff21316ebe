"""docs/paper-dialects.md lists the cards and what is left out of ccxt's tests: exactly what the tests themselves say."""

import re
from pathlib import Path

from tests.trading.paper.clients import left_out
from tests.trading.paper.clients.venues import VENUES
from tests.trading.paper.dialects.cards import test_cards

DOCUMENT = (Path(__file__).resolve().parents[4] / "docs" / "paper-dialects.md").read_text(encoding="utf-8")

Row = tuple[str, str, str]


def rows(section: str) -> set[tuple[str, ...]]:
    """The cells of all rows between a heading of a table and the next empty line."""
    table = DOCUMENT.split(section, 1)[1].split("\n\n", 1)[0]
    return {
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in table.splitlines()
        if line.startswith("| ")
    }


def test_the_cards_are_the_documents() -> None:
    played = re.findall(r"test_(\d\d)_(\w+)", " ".join(vars(test_cards)))
    written = {(row[0], row[1].replace(" ", "_").replace(",", "")) for row in rows("| | card | what must come of it |")}
    assert written == set(played)


def said(everywhere: dict[str, str], by_label: dict[str, dict[str, str]]) -> set[Row]:
    """One row per dialect, test and reason."""
    own = {(label, name, why) for label in VENUES for name, why in by_label[label].items() if name not in everywhere}
    return own | {("all", name, why) for name, why in everywhere.items()}


def test_what_is_left_out_is_the_documents() -> None:
    written = {
        (label, name, why)
        for label, names, why in rows("| dialect | test | why it is left out |")
        for name in names.split(", ")
    }
    rest = said(left_out.EVERYWHERE, {label: dict(left_out.REST[label]) for label in VENUES})
    streams = said(left_out.STREAMS_EVERYWHERE, {label: dict(left_out.STREAMS[label]) for label in VENUES})
    assert written == rest | streams


def test_what_is_skipped_is_the_documents() -> None:
    written = {
        (label, name, why) for label, names, why in rows("| dialect | test | skipped |") for name in names.split(", ")
    }
    known = {
        (label, name, f"{', '.join(names)}: {why}")
        for label, by_name in left_out.UNTOLD.items()
        for name, (names, why) in by_name.items()
    }
    assert written == known
