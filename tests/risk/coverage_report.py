"""`python -m tests.risk.coverage_report [FEATHER OR CSV …]`: how often losses exceeded the value at risk, as docs/risk.md tells.

Walks through each record as the engine would: a fit on the past only, refitted on schedule, followed candle by candle.
Without files it takes the bundled month. Files hold candles of 5 minutes or an hour: feather with `close`, or the
Coinbase CSV with a banner line. Prints a Markdown table.
"""

import argparse
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

from risk import fit
from risk.domain import student
from risk.domain.garch import advance, ewma_model
from risk.domain.value_at_risk import LEAST_NU
from risk.domain.volatility import DECAY
from tests.risk.exceedances import Coverage, coverage
from tests.risk.recorded import PAIRS, closes

HOURS_A_DAY = 24


@dataclass(frozen=True)
class Walk:
    """One record at one horizon: how long it warms up, and after how many candles it is fitted again."""

    name: str
    returns: tuple[float, ...]
    warm_up: int
    refit_every: int


def forecasts(walk: Walk, *, ewma: bool) -> Iterator[tuple[float, float, float]]:
    """(standard deviation forecast, degrees of freedom, what came) of every candle after the warm-up."""
    correction, model, variance = (
        1.0,
        ewma_model(DECAY),
        sum(one * one for one in walk.returns[: walk.warm_up]) / walk.warm_up,
    )
    for place in range(walk.warm_up, len(walk.returns)):
        if not ewma and (place - walk.warm_up) % walk.refit_every == 0:
            found = fit.garch(walk.returns[max(place - 1000, 0) : place])
            model, variance = (found.model, found.variance) if found else (ewma_model(DECAY), variance)
            correction = found.correction if found else 1.0
        yield (variance * correction) ** 0.5, max(model.nu, LEAST_NU), walk.returns[place]
        variance = advance(model, variance, walk.returns[place])


def judged(walk: Walk, *, confidence: float, ewma: bool = False, short: bool = False) -> Coverage:
    """Exceedances of a long position's value at risk (or a short one's)."""
    hits = [
        (came if short else -came) > sigma * student.quantile(confidence / 100, round(nu, 2))
        for sigma, nu, came in forecasts(walk, ewma=ewma)
    ]
    return coverage(hits, confidence=confidence)


def returns_of(prices: Sequence[float], every: int) -> tuple[float, ...]:
    kept = prices[every - 1 :: every]
    return tuple(log(later / earlier) for earlier, later in zip(kept, kept[1:], strict=False))


def walks(name: str, prices: Sequence[float], *, an_hour: int) -> list[Walk]:
    """By the hour, and by the day where the record is long enough."""
    hours, days = returns_of(prices, an_hour), returns_of(prices, an_hour * HOURS_A_DAY)
    found = [Walk(f"{name}, 1 hour", hours, min(1000, len(hours) // 2), 24)]
    return [*found, Walk(f"{name}, 1 day", days, 250, 7)] if len(days) > 400 else found


def read(path: Path) -> tuple[list[float], int]:
    """Closes of a file, oldest first, and how many make an hour."""
    if path.suffix == ".feather":
        import pandas

        return [float(price) for price in pandas.read_feather(path)["close"]], 12 if "5m" in path.name else 60
    with gzip.open(path, "rt") as lines:
        rows = [line.split(",") for line in lines][2:]
    return [float(row[5]) for row in reversed(rows)], 1


def row(walk: Walk, found: Coverage, confidence: float, how: str) -> str:
    verdict = "yes" if found.believable else "doubted"
    cells = (walk.name, how, f"{confidence:g} %", found.count, found.hits, f"{found.rate:.2%}")
    return (
        "| " + " | ".join(map(str, (*cells, f"{found.kupiec_p:.2f}", f"{found.christoffersen_p:.2f}", verdict))) + " |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.risk.coverage_report", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    given = parser.parse_args()
    records = [(path.name.split(".")[0], *read(path)) for path in given.files]
    records = records or [(f"{base} (bundled)", list(closes(base, every=1)), 12) for base in PAIRS]
    print("| record | model | level | forecasts | exceeded | share | Kupiec p | Christoffersen p | believable |")  # noqa: T201
    print("|---|---|---|---|---|---|---|---|---|")  # noqa: T201
    for name, prices, an_hour in records:
        for walk in walks(name, prices, an_hour=an_hour):
            for confidence in (95.0, 99.0):
                print(row(walk, judged(walk, confidence=confidence), confidence, "GARCH-t"), flush=True)  # noqa: T201
                print(row(walk, judged(walk, confidence=confidence, ewma=True), confidence, "EWMA"), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
