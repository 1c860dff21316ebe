"""The API's addresses."""

from django.urls import URLPattern, URLResolver, path, re_path
from rest_framework.routers import SimpleRouter

from dashboard.api import (
    accounts,
    alerts,
    books,
    exports,
    groups,
    instruments,
    journal,
    keys,
    lost,
    machine,
    mode,
    notices,
    offset,
    orders,
    performance,
    queue,
    risk,
    seal,
    sessions,
    settings,
    settings_versions,
    shadow,
    source_proofs,
    sources,
    ticket,
    why,
)
from dashboard.api.document import nowhere, schema_json

ROWS = {
    "accounts": accounts.Accounts,
    "alerts": alerts.Alerts,
    "books/bare": books.Bare,
    "books/differences": books.Differences,
    "books/dust": books.Dust,
    "candles": instruments.Candles,
    "fills": orders.Fills,
    "groups": groups.Groups,
    "instruments": instruments.Instruments,
    "journal": journal.Journal,
    "lost": lost.Lost,
    "notices": notices.Notices,
    "notices/channels": notices.Channels,
    "offset/runs": offset.OffsetRuns,
    "orders": orders.Orders,
    "pnl": performance.Pnl,
    "queue": queue.Queue,
    "refusals": alerts.Refusals,
    "risk/decisions": risk.Decisions,
    "sealed/changes": seal.SealChanges,
    "sessions": sessions.Sessions,
    "settings/requests": settings_versions.Requests,
    "settings/versions": settings_versions.Versions,
    "shadow/decisions": shadow.ShadowDecisions,
    "shadow/groups": shadow.ShadowGroups,
    "signals": alerts.Signals,
    "slots": queue.Slots,
    "sources": sources.Sources,
    "tokens": keys.Tokens,
}
SINGLE = {
    "books": books.Books,
    "export": exports.Export,
    "health": machine.Health,
    "kill": mode.Kill,
    "kill/confirm": mode.KillConfirm,
    "kill/leave": mode.KillLeave,
    "log-in": keys.LogIn,
    "log-in/renew": keys.Renew,
    "log-out": keys.LogOut,
    "me": keys.Me,
    "mode": mode.TradingModeView,
    "notices/kinds": notices.ChannelKinds,
    "offset": offset.OffsetNow,
    "performance": performance.Performance,
    "pool": queue.Pool,
    "preview": alerts.Preview,
    "risk": risk.RiskNow,
    "risk/limits": risk.RiskPicture,
    "sealed": seal.Seal,
    "settings": settings.Registry,
    "settings/preview": settings.SettingPreview,
    "settings/roll-back": settings_versions.RollBack,
    "settings/values": settings.Values,
    "settings/versions/diff": settings_versions.VersionDiff,
    "settings/withdraw": settings.Withdrawal,
    "shadow/compare": shadow.ShadowComparison,
    "shadow/sources/<int:source_id>/trades": shadow.ShadowTrades,
    "sources/<int:source_id>/token": source_proofs.SourceToken,
    "sources/make": source_proofs.SourceMaker,
    "tasks": machine.Tasks,
    "ticket": ticket.TicketView,
    "ticket/preview": ticket.TicketPreview,
    "why": why.WhyNot,
}

app_name = "api"
router = SimpleRouter(trailing_slash=False, use_regex_path=False)
for prefix, rows in ROWS.items():
    router.register(prefix, rows, basename=prefix.replace("/", "-"))
routes: list[URLPattern | URLResolver] = [
    path("schema", schema_json, name="schema"),
    *(
        path(address, view.as_view(), name=address.split("<")[0].strip("/").replace("/", "-"))
        for address, view in SINGLE.items()
    ),
    *router.urls,
]
urlpatterns = [*routes, re_path("", nowhere)]
