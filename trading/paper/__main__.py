"""`python -m trading.paper`, installed `paper-exchange`: run the paper exchange."""

import logging
import sys

import uvloop

from trading.paper.control.effects import NoSuchMarket
from trading.paper.control.rules import BadRule
from trading.paper.drivers.live import NoSuchVenue
from trading.paper.ledger.journal import DataFolderBusy, LedgerDamaged
from trading.paper.market.frames import BadFrames
from trading.paper.server.options import parse
from trading.paper.server.run import serve

CANNOT_START = (BadFrames, BadRule, DataFolderBusy, LedgerDamaged, NoSuchMarket, NoSuchVenue)
# Said in a line; anything else is a bug, and shows where.


def main() -> None:
    """Parse the command line and serve until stopped."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        uvloop.run(serve(parse()))
    except CANNOT_START as error:
        sys.exit(f"paper exchange: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
