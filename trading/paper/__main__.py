"""`python -m trading.paper`: run the paper exchange."""

import logging

import uvloop

from trading.paper.server.options import parse
from trading.paper.server.run import serve


def main() -> None:
    """Parse the command line and serve until stopped."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    uvloop.run(serve(parse()))


if __name__ == "__main__":
    main()
