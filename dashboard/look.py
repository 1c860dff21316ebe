"""How the admin looks: our accent instead of unfold's, and its pages in the order in which one needs them."""

from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

SHADES = (50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950)
ACCENT = "eef5ff e3eefe c5dbfb 9cc3f8 5b9dff 3d86f5 1f6feb 1a5fca 174ea6 153f82 0e2850"
# From light to dark; 400 and 600 are the live page's accent, dark and light.
# What one looks at every day, what one sets up once, what the machine keeps about itself.
PAGES: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Trading",
        (
            ("Position groups", "stacks", "trading.PositionGroup"),
            ("Orders", "receipt_long", "trading.Order"),
            ("Fills", "done_all", "trading.Fill"),
            ("Queue", "hourglass_empty", "trading.QueuedSignal"),
            ("Offsets", "sync_alt", "trading.OffsetRun"),
            ("Not ours", "visibility", "trading.ForeignOrder"),
            ("Without an exit", "warning", "trading.BareHolding"),
            ("Books that differ", "difference", "trading.Disagreement"),
            ("Dust", "grain", "trading.DustMove"),
        ),
    ),
    (
        "Signals",
        (
            ("Alerts", "notifications", "signals.Alert"),
            ("Signals", "trending_up", "signals.Signal"),
            ("Risk decisions", "shield", "risk.RiskDecision"),
            ("Refused at the door", "block", "signals.Refusal"),
            ("Lost alerts", "notifications_off", "signals.LostAlert"),
            ("Values", "show_chart", "signals.IndicatorValue"),
        ),
    ),
    (
        "Shadow",
        (
            ("Paper positions", "contrast", "trading.ShadowGroup"),
            ("Paper legs", "segment", "trading.ShadowLeg"),
            ("Paper orders", "draft", "trading.ShadowOrder"),
            ("Decided on paper", "rule", "trading.ShadowDecision"),
            ("The old bot's trades", "compare_arrows", "trading.TheirTrade"),
        ),
    ),
    (
        "Set up",
        (
            ("Exchange accounts", "account_balance", "accounts.ExchangeAccount"),
            ("Pre-flights", "flight_takeoff", "accounts.Checkup"),
            ("Sources", "sensors", "signals.Source"),
            ("Settings", "tune", "trading.SettingOverride"),
            ("Changes that wait", "lock_clock", "trading.PendingChange"),
            ("Versions of settings", "history", "trading.SettingVersion"),
            ("Waiting for a second person", "group_add", "trading.SettingRequest"),
            ("Trading mode", "pause_circle", "accounts.TradingMode"),
            ("Kill reports", "emergency_home", "accounts.KillReport"),
            ("Users", "group", "accounts.User"),
            ("API tokens", "key", "dashboard.ApiToken"),
            ("Browsers", "devices", "dashboard.BrowserSession"),
            ("Invitations", "mail", "dashboard.Invite"),
            ("Channels", "campaign", "notices.Channel"),
            ("Notices", "outbox", "notices.Notice"),
        ),
    ),
    (
        "Books",
        (
            ("Balances", "payments", "accounts.Balance"),
            ("Balance movements", "swap_vert", "accounts.BalanceMovement"),
            ("Profit curve", "monitoring", "trading.PnlPoint"),
            ("Results by month", "calendar_month", "trading.MonthResult"),
            ("Funding", "percent", "trading.FundingPayment"),
            ("Drawdown", "trending_down", "risk.RiskState"),
            ("Volatility", "ssid_chart", "risk.GarchFit"),
            ("Correlations", "hub", "risk.Dependence"),
            ("Circuit breakers", "electrical_services", "risk.Breaker"),
            ("Journal", "history", "journal.JournalEntry"),
        ),
    ),
    (
        "Machine",
        (
            ("Pyramids", "change_history", "trading.Pyramid"),
            ("Legs", "format_list_numbered", "trading.Leg"),
            ("Slots", "grid_view", "trading.Slot"),
            ("Instruments", "candlestick_chart", "signals.Instrument"),
            ("Candles", "bar_chart", "signals.Candle"),
            ("Book depth", "layers", "risk.BookDepth"),
            ("Offset steps", "checklist", "trading.OffsetStep"),
            ("Offset watches", "timer", "trading.OffsetWatch"),
            ("Offset books", "menu_book", "trading.OffsetBook"),
            ("Prices", "sell", "signals.Ticker"),
            ("Seals", "verified", "journal.Seal"),
            ("Leases", "lock", "journal.Lease"),
            ("Other engines", "devices", "accounts.Rival"),
            ("Canary", "favorite", "trading.Canary"),
            ("Worked down", "stairs", "accounts.WorkedDown"),
            ("Installation", "badge", "accounts.Installation"),
            ("Log-ins of programs", "login", "dashboard.RefreshToken"),
            ("Kept answers", "inventory_2", "dashboard.KeptAnswer"),
            ("Drawings", "draw", "dashboard.Drawing"),
            ("Journal read for notices", "bookmark", "notices.Place"),
        ),
    ),
)


def icon(_: HttpRequest) -> str:
    """The anchor, which the live page shows too."""
    return static("dashboard/anchor.svg")


def accent(_: HttpRequest) -> dict[str, str]:
    """The accent's shades, as unfold asks for them."""
    return {str(shade): f"#{colour}" for shade, colour in zip(SHADES, ACCENT.split(), strict=True)}


def sidebar(_: HttpRequest) -> list[dict[str, Any]]:
    """The admin's navigation; folded where one is seldom."""
    # Every address begins with this one's, so it would always look like the page one is on.
    overview = {"title": "Overview", "icon": "home", "link": reverse("dashboard:overview"), "active": False}
    return [{"items": [overview]}, *(_section(title, pages) for title, pages in PAGES)]


def _section(title: str, pages: tuple[tuple[str, str, str], ...]) -> dict[str, Any]:
    items = [_item(*page) for page in pages]
    return {"title": title, "separator": True, "collapsible": title == "Machine", "items": items}


def _item(title: str, icon: str, label: str) -> dict[str, str]:
    meta = apps.get_model(label)._meta
    return {"title": title, "icon": icon, "link": reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")}
