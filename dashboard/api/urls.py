"""The API's addresses."""

from django.urls import URLPattern, URLResolver, path, re_path
from rest_framework.routers import SimpleRouter

from dashboard.api import (
    accounts,
    alerts,
    groups,
    instruments,
    journal,
    keys,
    lost,
    machine,
    mode,
    offset,
    orders,
    performance,
    queue,
    risk,
    settings,
    shadow,
    sources,
)
from dashboard.api.document import nowhere, schema_json

ROWS = {
    "accounts": accounts.Accounts,
    "alerts": alerts.Alerts,
    "fills": orders.Fills,
    "groups": groups.Groups,
    "instruments": instruments.Instruments,
    "journal": journal.Journal,
    "lost": lost.Lost,
    "offset/runs": offset.OffsetRuns,
    "orders": orders.Orders,
    "pnl": performance.Pnl,
    "queue": queue.Queue,
    "refusals": alerts.Refusals,
    "risk/decisions": risk.Decisions,
    "settings/versions": settings.Versions,
    "shadow/decisions": shadow.ShadowDecisions,
    "shadow/groups": shadow.ShadowGroups,
    "signals": alerts.Signals,
    "slots": queue.Slots,
    "sources": sources.Sources,
    "tokens": keys.Tokens,
}
SINGLE = {
    "health": machine.Health,
    "kill": mode.Kill,
    "kill/confirm": mode.KillConfirm,
    "kill/leave": mode.KillLeave,
    "log-in": keys.LogIn,
    "log-in/renew": keys.Renew,
    "log-out": keys.LogOut,
    "me": keys.Me,
    "mode": mode.TradingModeView,
    "offset": offset.OffsetNow,
    "performance": performance.Performance,
    "pool": queue.Pool,
    "preview": alerts.Preview,
    "risk": risk.RiskNow,
    "settings": settings.Registry,
    "settings/preview": settings.SettingPreview,
    "settings/values": settings.Values,
    "settings/withdraw": settings.Withdrawal,
    "shadow/compare": shadow.ShadowComparison,
    "shadow/sources/<int:source_id>/trades": shadow.ShadowTrades,
    "tasks": machine.Tasks,
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
