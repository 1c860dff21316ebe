"""The plan of an entry before and after a change: the same alert, the same market, other settings; nothing is kept."""

import json
from dataclasses import dataclass
from datetime import datetime

from dashboard.previewing import Preview, preview
from project.accounts.models import ExchangeAccount
from signals import formats
from signals.formats import FormatRefused
from signals.models import Alert, Source, Ticker
from signals.strict_json import Json
from signals.verdict import Outcome, Verdict
from trading.domain import settings as registry
from trading.domain.settings import EngineSettings, SettingError
from trading.models import PositionGroup
from trading.services import overrides
from trading.services.desk import Desk
from trading.services.explain import Explanation
from trading.services.overrides import Change, Place
from trading.services.sheet import Sheet
from trading.services.stages import Stages, stages

SHOWN_BY_PLAN = frozenset({"exits", "grid", "risk"})
# Changes of these groups can be seen in a plan.
SHARED = ("balances", "equity", "groups", "installation", "mode", "strategies", "taken_slots", "tickers", "waiting")
# What a desk has read that no setting decides.


@dataclass(frozen=True, slots=True)
class Plans:
    """What a buy of a pair would be, before and after."""

    account: str
    symbol: str
    before: Preview
    after: Preview

    @property
    def differ(self) -> bool:
        """Whether the change shows in it."""
        return self.before != self.after


def plans(changes: tuple[Change, ...], account: ExchangeAccount | None, *, now: datetime) -> Plans | None:
    """The two plans, where the changes can show in one; None without an account, a source or a price to hang it on."""
    at = next((change.place for change in changes if change.place.account_id), None)
    account = ExchangeAccount.objects.filter(pk=at.account_id or 0).first() if at else account
    touched = any(registry.REGISTRY[change.name].group in SHOWN_BY_PLAN for change in changes)
    source = _source(account) if touched and account else None
    if account is None or source is None:
        return None
    symbol = (at.symbol if at else "") or _likely_pair(account)
    try:
        return _plans(changes, account, source, symbol, now) if symbol else None
    except (
        FormatRefused,
        SettingError,
    ):  # the source takes no such alert; or a stored value is broken, and plans nothing
        return None


def _source(account: ExchangeAccount) -> Source | None:
    return Source.objects.select_related("account", "user").filter(account=account).order_by("id").first()


def _likely_pair(account: ExchangeAccount) -> str:
    """The pair that was opened last, else one with a price."""
    last = PositionGroup.objects.filter(account=account).order_by("-id").values_list("instrument__symbol", flat=True)
    market = {"instrument__venue": account.venue, "instrument__environment": account.environment}
    priced = Ticker.objects.filter(**market).order_by("-at").values_list("instrument__symbol", flat=True)
    return str(last.first() or priced.first() or "")


def _plans(changes: tuple[Change, ...], account: ExchangeAccount, source: Source, symbol: str, now: datetime) -> Plans:
    kinds = frozenset(source.formats)
    chosen = formats.choose(body(symbol), endpoint=source.kind, by_token=True, allowed=kinds)
    alert = Alert(
        id=0, source=source, account=account, endpoint=source.kind, format=chosen.name, raw=json.dumps(body(symbol)), received_at=now
    )  # fmt: skip
    desk = Desk(account, now)
    before = stages(desk, alert)
    after = stages(_changed(desk, changes, symbol), alert)
    return Plans(account.name, symbol, _shown(before, chosen.name), _shown(after, chosen.name))


def body(symbol: str) -> dict[str, Json]:
    """The alert that both plans are of."""
    return {"symbol": symbol, "action": "buy", "interval": "15"}


def _changed(desk: Desk, changes: tuple[Change, ...], symbol: str) -> Desk:
    """The same desk under other settings; what is read anew is only what they decide."""
    chosen = {name: _resolved(desk, changes, name) for name in ("", symbol)}
    other = Desk(desk.account, desk.now, Sheet(), chosen)
    vars(other).update({name: vars(desk)[name] for name in SHARED if name in vars(desk)})
    return other


def _resolved(desk: Desk, changes: tuple[Change, ...], symbol: str) -> EngineSettings:
    at = Place(account_id=desk.account.pk, symbol=symbol)
    rows = overrides.counting(overrides.changed(desk.overrides, changes), at, {desk.account.pk: desk.account.user_id})
    return registry.resolve([{row.name: row.value} for row in rows])


def _shown(found: Stages, format_name: str) -> Preview:
    verdict = found.refused or Verdict(Outcome.ENTERED, "")
    return preview(Explanation(format_name, verdict, (), found))
