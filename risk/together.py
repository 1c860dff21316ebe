"""Correlations in rows: computed for a venue's traded pairs every four hours, DCC by the fitting child, EWMA until then."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from risk.domain.dependence import ewma_correlation
from risk.models import Dependence
from risk.volatility import LEAST_EWMA, Ask, returns_of
from signals.market import candles
from signals.market.bars import WANTED
from signals.timeframes import HOUR

EVERY = timedelta(hours=4)
EVERY_LACKING = timedelta(minutes=30)
MOST_PAIRS = 60
# A table of more is not computed: 60 pairs make 1,770 correlations.


def due(venue: str, environment: str, symbols: Sequence[str], *, now: datetime) -> bool:
    """Whether the venue's table is four hours old, or half an hour while it lacks one of the pairs."""
    row = Dependence.objects.filter(venue=venue, environment=environment).first()
    if row is None or now - row.at >= EVERY:
        return len(symbols) > 1
    known = {symbol for one, other, _ in row.rho for symbol in (one, other)}
    return now - row.at >= EVERY_LACKING and bool(set(symbols) - known)


def refresh(venue: str, environment: str, pairs: Mapping[str, int], *, ask: Ask, now: datetime) -> int:
    """Compute the table of the pairs (symbol → instrument id); how many correlations it holds."""
    together = aligned({symbol: pairs[symbol] for symbol in sorted(pairs)[:MOST_PAIRS]})
    rho, method = ask({"series": {}, "together": together})["rho"], "DCC"
    missing = _by_ewma(together, known={(one, other) for one, other, _ in rho})
    if missing and not rho:
        method = "EWMA"
    table = [*rho, *missing]
    Dependence.objects.update_or_create(
        venue=venue, environment=environment, defaults={"rho": table, "method": method, "at": now}
    )
    return len(table)


def aligned(pairs: Mapping[str, int]) -> dict[str, list[float]]:
    """Hourly returns of the pairs over the hours that all of them have; a pair with too few of them is left out."""
    read = {symbol: dict(candles.closes(pk, HOUR, most=WANTED[HOUR])) for symbol, pk in pairs.items()}
    enough = {symbol: closes for symbol, closes in read.items() if len(closes) > LEAST_EWMA}
    shared = sorted(set.intersection(*(set(closes) for closes in enough.values()))) if enough else []
    return {symbol: returns_of([(at, closes[at]) for at in shared]) for symbol, closes in enough.items()}


def _by_ewma(together: Mapping[str, Sequence[float]], *, known: set[tuple[str, str]]) -> list[list[object]]:
    """What the child did not say: correlations of short records."""
    names, found = sorted(together), list[list[object]]()
    for place, other in enumerate(names):
        for one in names[:place]:
            rho = ewma_correlation(together[one], together[other])
            if (one, other) not in known and rho is not None and len(together[one]) >= LEAST_EWMA:
                found.append([one, other, rho])
    return found
