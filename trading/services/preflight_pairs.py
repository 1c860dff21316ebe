"""Which markets of an account a pre-flight looks at one by one: those it traded, and those somebody named for it."""

from collections.abc import Iterator, Sequence

from project.accounts.models import ExchangeAccount
from signals.market.instruments import InstrumentFacts, facts
from signals.models import Instrument, Source
from trading.models import PositionGroup, SettingOverride

MOST = 12
# Each costs a line, and the venue a question or two; the latest traded come first.
FIRST_BASES = ("BTC", "ETH")
# Where nothing was traded or named yet.


def instruments_of(account: ExchangeAccount) -> Sequence[InstrumentFacts]:
    """The markets, at most twelve; the best known of the account's currency where none was traded or named."""
    listed = Instrument.objects.filter(venue=account.venue, environment=account.environment, active=True)
    wanted = list(dict.fromkeys(_named(account)))
    by_name = {row.symbol: row for row in listed.filter(symbol__in=wanted)}
    by_name |= {row.venue_symbol: row for row in listed.filter(venue_symbol__in=wanted)}
    found = list(dict.fromkeys(by_name[name] for name in wanted if name in by_name))[:MOST]
    return [
        facts(row) for row in found or listed.filter(quote=account.quote, base__in=FIRST_BASES).order_by("base")[:1]
    ]


def _named(account: ExchangeAccount) -> Iterator[str]:
    """Names of markets, the latest traded first, then pairs with settings of their own, then the sources' lists."""
    groups = PositionGroup.objects.filter(account=account).order_by("-opened_at")
    yield from groups.values_list("instrument__symbol", flat=True)[:200]
    own = SettingOverride.objects.filter(account=account).exclude(symbol="").order_by("symbol")
    yield from own.values_list("symbol", flat=True)
    for pairs in Source.objects.filter(account=account, enabled=True).values_list("pair_whitelist", flat=True):
        yield from pairs
