"""A client of Windlass's REST API, written by `python -m docs.client` from its schema. Needs nothing but Python 3.11.

Money is text: turn it into Decimal. A refusal is a Refused with the code that programs decide by.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Generic, Literal, NotRequired, TypedDict, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

T = TypeVar("T")


class Page(TypedDict, Generic[T]):
    """One page of a list; `next` is the cursor of the page after it, None on the last."""

    results: list[T]
    next: str | None


class Refused(Exception):
    """Why something was not done: status, code, and the words of the problem."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status, self.problem = status, problem
        self.code = str(problem.get("code", status))
        super().__init__(f"{self.code}: {problem.get('detail', '')}")


BackHowEnum = Literal["UNDO", "RETURN"]
BlankEnum = Literal[""]
CategoryEnum = Literal["webhook", "order", "risk", "precision", "system"]
ChannelKind = Literal["telegram", "discord", "slack", "email", "webhook", "other"]
CheckupKind = Literal["preflight", "test_order"]
ChoiceChoiceEnum = Literal["long", "short", "close", "ignore"]
Environment = Literal["paper", "testnet", "live"]
GroupStatus = Literal["WAITING", "LIVE", "PARTIALLY_FILLED", "ACTIVE", "CLOSING", "CLOSED", "DUST_CLOSED", "FAILED"]
LevelEnum = Literal["info", "warning", "error"]
LimitStateEnum = Literal["ok", "near", "over", "unknown", "idle"]
LostKindEnum = Literal["BAR", "POSITION", "SILENCE"]
LostState = Literal["OPEN", "CAME", "ENTERED", "CLOSED", "IGNORED"]
MarginModeEnum = Literal["isolated", "cross"]
MatchStateEnum = Literal["both", "missed", "extra"]
MovementKindEnum = Literal["baseline", "foreign"]
NarrowestEnum = Literal["GLOBAL", "USER", "ACCOUNT", "PAIR"]
NoticeState = Literal["WAITING", "SENT", "FOLDED", "EXPIRED", "GIVEN_UP"]
OffsetRunState = Literal["RESERVED", "SELLING", "CLOSING", "DONE", "BROKEN_OFF"]
OffsetStepState = Literal["PLANNED", "WORKING", "DONE", "LEFT"]
OrderState = Literal[
    "NEW",
    "SUBMITTING",
    "OPEN",
    "PARTIALLY_FILLED",
    "FILLED",
    "CANCELLING",
    "CANCELED",
    "EXPIRED",
    "REJECTED",
    "UNKNOWN",
    "NOT_PLACED",
    "NEEDS_HUMAN",
    "DROPPED",
]
OrderTypeEnum = Literal["limit", "market"]
PositionModeEnum = Literal["one-way", "hedge"]
PositionSide = Literal["LONG", "SHORT"]
PurposeEnum = Literal["ENTRY", "TARGET", "EXIT", "STOP", "REDUCE", "FLATTEN", "OFFSET"]
QueueState = Literal["WAITING", "PROMOTED", "EXPIRED", "REMOVED"]
RequestEndingEnum = Literal["APPROVED", "REFUSED", "WITHDRAWN", "EXPIRED", "OVERTAKEN"]
RoleEnum = Literal["viewer", "trader", "admin"]
Scope = Literal["read", "trade", "admin"]
SettingKindEnum = Literal[
    "INT",
    "LABELS",
    "DECIMAL",
    "BOOL",
    "CHOICE",
    "CHOICES",
    "DURATION",
    "LEGS",
    "LEGS_BY_PYRAMID",
    "LEVELS",
    "NETWORKS",
    "RUNGS",
    "SIZE",
    "SIZES_BY_PYRAMID",
    "TEXTS",
    "TIERS",
]
SettleEndingEnum = Literal["filled", "partly", "absent"]
Side = Literal["BUY", "SELL"]
SourceKind = Literal["tradingview", "indicators", "alerts", "signals"]
StepKindEnum = Literal["WINNER", "LOSER"]
StepModeEnum = Literal["NORMAL", "PAUSED", "REDUCED"]
StopUnitEnum = Literal["percent", "price", "offset"]
TimeInForceEnum = Literal["GTC", "IOC", "FOK", "GTX"]
TpModeEnum = Literal["PER_LEG", "AGGREGATE", "HYBRID"]
TradingMode = Literal["NORMAL", "PAUSED", "REDUCED", "EMERGENCY"]
TypeEnum = Literal["MARKET", "LIMIT", "STOP_MARKET", "STOP_LIMIT", "TAKE_PROFIT", "TRAILING_STOP"]
VersionHowEnum = Literal["PAGE", "API", "ADMIN", "SEAL", "APPROVAL", "ROLLBACK", "FILE", "HAND", "DEMO", "IMPORTED"]
WayEnum = Literal["NOW", "SEAL", "APPROVAL", "BOTH"]
WindowEnum = Literal["day", "week", "month", "all"]
WordChoiceEnum = Literal["THEIRS", "OURS"]


class Account(TypedDict):
    """An account. `health` is empty while it may trade. Of its keys only whether there are any."""

    id: int
    user: str
    name: str
    venue: str
    environment: Environment
    quote: str
    position_mode: PositionModeEnum
    margin_mode: MarginModeEnum
    leverage: int
    armed: bool
    first_armed_at: str | None
    keys_set: bool
    health: str
    health_detail: str
    clock_offset_ms: int | None
    reconciled_at: str | None
    created_at: str
    updated_at: str
    balances: list[Balance]


class Added(TypedDict):
    """A deed was done."""

    done: NotRequired[bool]
    message: str
    outcome: str


class AddressPart(TypedDict):
    """A field of an address; with `choices`, the first is the usual."""

    name: str
    label: str
    hint: str
    secret: bool
    needed: bool
    choices: list[str]


class AddressedSource(TypedDict):
    """A source with its token and the whole address, this once."""

    id: int
    user: str
    account: int
    account_name: str
    name: str
    kind: SourceKind
    enabled: bool
    live: bool
    token_set: bool
    secret_set: bool
    api_key_set: bool
    hmac_set: bool
    hmac_required: bool
    allow_bare_hmac: bool
    allowed_ips: list[str]
    pair_whitelist: list[str]
    default_timeframe_secs: int | None
    default_size: str
    formats: list[str]
    body_dedupe_secs: int
    rate_per_min: int | None
    heartbeat_secs: int | None
    bar_secs: int | None
    watch_position: bool
    grace_secs: int
    created_at: str
    updated_at: str
    token: str
    url: str


class Age(TypedDict):
    """A statistic and when it was made; late: the gate denies what needs it."""

    name: str
    at: str | None
    words: str
    late: bool


class Alert(TypedDict):
    """A delivery and its one outcome; `outcome` is empty while it is being decided."""

    id: int
    account: int
    source: int
    source_name: str
    endpoint: str
    format: str
    received_at: str
    outcome: str
    reason: str
    decided_at: str | None
    client_id: str
    peer: str


class Answered(TypedDict):
    """Answered."""

    said: str


class Balance(TypedDict):
    """A row, read only; its decimals are money."""

    currency: str
    total: str
    free: str
    at: str


class Bare(TypedDict):
    """A quantity that no exit would sell: NAKED, STOP_ONLY, or WAIVED by a person."""

    id: int
    account: int
    group: int
    symbol: str
    qty: str
    cover: str
    code: str
    words: str
    since: str
    told_at: str | None
    waived_qty: str
    waived_by: str
    waived_reason: str
    waived_at: str | None
    ended_at: str | None


class Bell(TypedDict):
    """What is rung for every account, and how often."""

    task: str
    every_secs: float


class Books(TypedDict):
    """What is not as it should be on an account."""

    bare: list[Bare]
    differences: list[Difference]
    dust: list[Lying]
    stopped: list[Stopped]


class Breaker(TypedDict):
    """Breaker."""

    component: str
    state: str
    errors: int
    opened_at: str | None


class Candle(TypedDict):
    """One finished bar, as the venue reports it."""

    id: int
    instrument: int
    timeframe_secs: int
    opened_at: str
    open: str
    high: str
    low: str
    close: str
    volume: str


class Changed(TypedDict):
    """Before and after as written at this place (null: nothing), and what holds there either way. `way`: NOW, or what it waits for: SEAL (a day), APPROVAL (another admin) or BOTH (first the day, then the admin); `version` is null while it waits."""

    name: str
    scope: SettingScope
    before: str | None
    after: str | None
    holds_before: str
    holds_after: str
    note: str
    way: WayEnum


class Channel(TypedDict):
    """A channel. `tail`: the last characters of its address, to tell channels apart; nothing more of it is ever told."""

    id: int
    name: str
    kind: ChannelKind
    tail: str
    enabled: bool
    ways: dict[str, Literal["on", "silent", "off"]]
    zone: str
    quiet_from: str | None
    quiet_to: str | None
    break_through: bool
    most: int
    window_minutes: int
    daily_hour: int
    everyones: bool
    since: str
    failures: int
    retry_at: str | None
    last_error: str
    last_error_at: str | None
    last_sent_at: str | None
    created_at: str


class Check(TypedDict):
    """One check. `ok` null: not asked, because something before it failed."""

    stage: str
    name: str
    ok: bool | None
    value: str
    limit: str
    code: str
    advice: str


class Checkup(TypedDict):
    """A check-up; without `finished_at` a worker still makes it, and its lines come one by one."""

    id: int
    kind: CheckupKind
    asked_by: str
    asked_at: str
    started_at: str | None
    finished_at: str | None
    lines: list[Finding]
    green: bool


class Checkups(TypedDict):
    """Checkups."""

    checkups: list[Checkup]


class Comparison(TypedDict):
    """Theirs beside ours, with the sums over all of it; the latest rows are shown."""

    matched: int
    missed: int
    extra: int
    their_pnl: str
    our_pnl: str
    their_pnl_matched: str
    our_pnl_matched: str
    entry_worse_bps: str | None
    matches: list[Match]


class Correlations(TypedDict):
    """A pair's correlations with all of them, in their order; null where one is not known."""

    name: str
    cells: list[str | None]


class Decision(TypedDict):
    """One passage through the gate, with every check's numbers."""

    id: int
    account: int
    signal: int | None
    allowed: bool
    code: str
    sentence: str
    checks: list[dict[str, Any]]
    at: str


class Denied(TypedDict):
    """Denied."""

    at: str
    sentence: str


class Diff(TypedDict):
    """What is different after `last` from what was after `first`; before and after are of these two."""

    changes: list[Kept]


class Difference(TypedDict):
    """An execution of which our books and the venue's say different things; empty where a side has none."""

    id: int
    account: int
    symbol: str
    order: int | None
    kind: str
    venue_order_id: str
    venue_trade_id: str
    ours: dict[str, Any]
    theirs: dict[str, Any]
    seen_at: str
    settled_at: str | None
    settled_by: str
    settled_as: str
    reason: str


class Done(TypedDict):
    """A deed was done."""

    done: NotRequired[bool]
    message: str


class DoneChange(TypedDict):
    """Before and after as written at this place (null: nothing), and what holds there either way. `way`: NOW, or what it waits for: SEAL (a day), APPROVAL (another admin) or BOTH (first the day, then the admin); `version` is null while it waits."""

    name: str
    scope: SettingScope
    before: str | None
    after: str | None
    holds_before: str
    holds_after: str
    note: str
    way: WayEnum
    version: int | None


class DustMove(TypedDict):
    """Where the dust of an ended group went: into another group, or off the books by a person's word."""

    id: int
    group: int
    symbol: str
    to_group: int | None
    leg: int | None
    qty: str
    price: str
    at: str
    operator: str
    reason: str
    undone_at: str | None


class Edited(TypedDict):
    """What may be edited, as it holds now."""

    exits: dict[str, str]


class Entry(TypedDict):
    """An entry, and what the page Logs says of it: category, level, code and sentence."""

    id: int
    account: int | None
    kind: str
    subject: str
    payload: dict[str, Any]
    at: str
    category: CategoryEnum
    level: LevelEnum
    code: str
    sentence: str


class Exposure(TypedDict):
    """What is held of a market, and what its entries may still buy, quote."""

    symbol: str
    gross: str
    net: str


class Fill(TypedDict):
    """One execution; `maker` is null where the venue does not say."""

    id: int
    account: int
    instrument: int
    symbol: str
    order: int
    venue_trade_id: str
    side: Side
    price: str
    qty: str
    cost: str
    fee: str
    fee_currency: str
    maker: bool | None
    realised: str
    at: str
    recorded_at: str
    fee_price: str | None


class Finding(TypedDict):
    """One line of a check-up: what was asked, the answer, its limit, and what to do."""

    name: str
    asked: str
    value: str
    limit: str
    level: str
    advice: str


class Group(TypedDict):
    """A group's figures; everything in it stands under its own address."""

    id: int
    account: int
    instrument: int
    symbol: str
    quote: str
    timeframe_secs: int
    side: PositionSide
    status: GroupStatus
    tp_mode: TpModeEnum
    qty: str
    cost: str
    average_entry: str | None
    break_even: str | None
    realised_pnl: str
    fees_quote: str
    dust_qty: str
    leverage: int
    blocked: bool
    close_reason: str
    opened_at: str
    closing_at: str | None
    closed_at: str | None


class HandTrade(TypedDict):
    """A trade somebody made at the venue, and the group it shrank."""

    group: int
    symbol: str
    side: str
    qty: str
    price: str
    venue_order_id: str
    at: str


class HandTrades(TypedDict):
    """HandTrades."""

    trades: list[HandTrade]


class Health(TypedDict):
    """Per part `ok`, or why it is not."""

    ready: bool
    parts: dict[str, str]


class Imported(TypedDict):
    """How many trades are kept, and which lines could not be read."""

    trades: int
    lines: int
    wrong: list[Line]


class Instrument(TypedDict):
    """A market; `ticker` is null while nobody needs its price."""

    id: int
    venue: str
    environment: Environment
    symbol: str
    venue_symbol: str
    kind: str
    base: str
    quote: str
    active: bool
    tick_size: str
    lot_step: str
    min_qty: str
    max_qty: str | None
    min_notional: str
    contract_size: str
    maker_fee: str
    taker_fee: str
    max_open_orders: int | None
    refreshed_at: str
    ticker: Ticker | None


class Kept(TypedDict):
    """One setting of a version; null stands for what the wider scope says."""

    name: str
    scope: SettingScope
    before: str | None
    after: str | None


class Keys(TypedDict):
    """An access token for some minutes, and the refresh token that gets the next one; each is used once."""

    access: str
    refresh: str
    scope: Scope
    access_secs: int


class Kill(TypedDict):
    """What the button would do, and the confirmation to press it with; while an emergency stands, how far it is."""

    confirmation: str
    confirmation_secs: int
    phrase: str
    watched: bool
    two_people: bool
    stakes: list[Stake]
    standing: Standing | None


class Layer(TypedDict):
    """Layer."""

    name: str
    rows: list[Limit]


class Leg(TypedDict):
    """A row, read only; its decimals are money."""

    id: int
    index: int
    price: str
    qty: str
    weight_pct: str
    take_profit_pct: str
    target_price: str
    ended_reason: str


class Limit(TypedDict):
    """A check of the gate as it stands now, with a plan of nothing more; percent of the limit that is used."""

    name: str
    title: str
    state: LimitStateEnum
    subject: str
    value: str
    limit: str
    percent: int | None
    words: str
    denied: Denied | None


class Line(TypedDict):
    """Line."""

    line: int
    code: str
    field: str
    expected: str
    got: str


class Look(TypedDict):
    """One thing that was looked at."""

    name: str
    well: bool
    said: str


class Looks(TypedDict):
    """Looks."""

    looks: list[Look]


class Loser(TypedDict):
    """A losing group: how it stands, when its time comes, and the plan or what stands in its way."""

    group: int
    symbol: str
    side: str
    timeframe_secs: int
    pyramids: int
    max_pyramids: int
    loss: str
    loss_pct: str
    blocked: bool
    when: str
    reasons: list[Reason]
    plan: Plan | None
    hindrance: str


class Loss(TypedDict):
    """What a horizon may cost at a level, percent of equity and quote."""

    horizon: str
    level: int
    var_pct: str
    cvar_pct: str
    var_quote: str
    cvar_quote: str


class Lost(TypedDict):
    """An alarm; `choices` is what may be done about it while it is open."""

    id: int
    source: int
    kind: LostKindEnum
    symbol: str
    timeframe_secs: int | None
    expected_at: str
    position_side: str
    words: str
    found_at: str
    state: LostState
    answer: int | None
    settled_at: str | None
    settled_by: str
    choices: list[str]


class Lying(TypedDict):
    """Dust that lies about, and the ended group that left it."""

    group: int
    symbol: str
    qty: str
    closed_at: str | None


class MadeToken(TypedDict):
    """A new token with its text, this once."""

    id: int
    name: str
    start: str
    scope: Scope
    created_at: str
    expires_at: str
    last_used_at: str | None
    revoked_at: str | None
    token: str


class Match(TypedDict):
    """Match."""

    symbol: str
    side: str
    state: MatchStateEnum
    entry_worse_bps: str | None
    theirs: Part | None
    ours: Part | None


class Me(TypedDict):
    """Who is asking, and how far this request's key reaches."""

    id: int
    username: str
    role: RoleEnum
    scopes: list[Scope]


class Mode(TypedDict):
    """How far the engine may go, and who says so."""

    mode: TradingMode
    reason: str
    operator: str
    changed_at: str
    leaving_operator: str
    leaving_at: str | None


class Movement(TypedDict):
    """A row, read only; its decimals are money."""

    id: int
    currency: str
    kind: MovementKindEnum
    amount: str
    cause: str
    at: str


class Movements(TypedDict):
    """Movements."""

    movements: list[Movement]


class Notice(TypedDict):
    """One thing that one channel was told, or is to be told; `answer` is the service's, where it failed."""

    id: int
    channel: int
    klass: str
    account_id: int | None
    at: str
    title: str
    text: str
    silent: bool
    code: str
    state: NoticeState
    attempts: int
    sent_at: str | None
    answer: str


class NoticeClass(TypedDict):
    """A class of notices and how it is told where nothing was chosen."""

    name: str
    title: str
    what: str
    way: str


class NoticeKind(TypedDict):
    """A service, where its address is found, and what the address is made of."""

    name: str
    title: str
    where: str
    can_be_silent: bool
    address: list[AddressPart]


class NoticeKinds(TypedDict):
    """NoticeKinds."""

    kinds: list[NoticeKind]
    classes: list[NoticeClass]


class Offset(TypedDict):
    """An account as offsets see it, by the books of the last sweep."""

    at: str
    quote: str
    winners: int
    winners_profit: str
    budget: str | None
    spent: str | None
    budget_left: str | None
    hindrance: str
    losers: list[Loser]


class Order(TypedDict):
    """An order. `code` and `detail` say why it was dropped, rejected or is unknown."""

    id: int
    account: int
    instrument: int
    symbol: str
    group: int
    leg: int | None
    purpose: PurposeEnum
    side: Side
    type: TypeEnum
    time_in_force: TimeInForceEnum
    price: str | None
    trigger_price: str | None
    reference_price: str
    qty: str
    filled_qty: str
    filled_cost: str
    reduce_only: bool
    state: OrderState
    client_order_id: str
    venue_order_id: str
    cancel_requested: bool
    code: str
    detail: str
    created_at: str
    submitted_at: str | None
    acknowledged_at: str | None
    updated_at: str


class OrderPlanned(TypedDict):
    """OrderPlanned."""

    leg: int | None
    side: str
    type: str
    qty: str
    price: str | None
    target_price: str | None


class OrderThen(TypedDict):
    """An order as it stood; qty base or contracts."""

    id: int
    about: str
    words: str
    filled_qty: str


class Part(TypedDict):
    """One bot's part of a trade."""

    qty: str
    entry_price: str
    exit_price: str | None
    opened_at: str
    closed_at: str | None
    pnl: str | None
    pnl_pct: str | None


class Pending(TypedDict):
    """A change that waits, or ended: applied, or withdrawn. A value of null: back to the wider scope."""

    id: int
    name: str
    value: str | None
    user: int | None
    account: int | None
    symbol: str
    asked_by: str
    asked_at: str
    due_at: str
    applied_at: str | None
    withdrawn_at: str | None
    withdrawn_by: str


class Performance(TypedDict):
    """Performance."""

    quote: str
    windows: list[Tally]
    ratios: Ratios


class Picture(TypedDict):
    """The page Risk: every check, what all that is held may cost, and how old each figure is."""

    at: str
    profile: str
    layers: list[Layer]
    losses: list[Loss]
    shares: dict[str, list[Share]]
    correlations: list[Correlations]
    markets: list[Weather]
    breakers: list[Breaker]
    ages: list[Age]
    contradictions: list[str]


class Plan(TypedDict):
    """What an offset would come to, quote; the result lies no further than `bound` from `expected`."""

    loser: Sale
    winners: list[Sale]
    loss: str
    cover: str
    credit: str
    uncovered: str
    expected: str
    bound: str


class Point(TypedDict):
    """An account's profit at a moment; with `group`, the close of one."""

    id: int
    account: int
    group: int | None
    at: str
    equity: str | None
    realised_pnl: str
    unrealised_pnl: str
    open_groups: int


class Pool(TypedDict):
    """The pool of an account: how many slots, which are taken, who waits for one."""

    size: int
    free: int
    taken: list[Slot]
    waiting: list[Rank]


class Pressed(TypedDict):
    """A deed was done."""

    done: NotRequired[bool]
    message: str
    durable: bool


class Preview(TypedDict):
    """What an alert would do now, stage by stage; nothing is sent, nothing is kept."""

    format: str
    outcome: str
    reason: str
    intent: dict[str, Any]
    meaning: str
    side: str
    symbol: str
    slots: dict[str, Any]
    size: dict[str, Any]
    legs: list[dict[str, Any]]
    stops: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    refused: dict[str, Any] | None
    orders: list[OrderPlanned]


class Problem(TypedDict):
    """Why something was not done (RFC 9457). Programs decide by `code`; people read `detail`."""

    type: str
    title: str
    detail: str
    code: str
    field: NotRequired[str]
    limit: NotRequired[str]
    value: NotRequired[str]
    advice: NotRequired[str]
    status: int
    errors: NotRequired[list[dict[str, Any]]]


class Pyramid(TypedDict):
    """A row, read only; its decimals are money."""

    id: int
    index: int
    signal: int | None
    base_price: str
    capital: str
    bound_by: str
    created_at: str
    legs: list[Leg]


class Queued(TypedDict):
    """A signal that waits, or waited."""

    id: int
    account: int
    instrument: int
    symbol: str
    timeframe_secs: int
    side: PositionSide
    signal: int
    alert_price: str | None
    replacement_count: int
    queued_at: str
    refreshed_at: str
    state: QueueState
    last_denial: str
    ended_at: str | None
    ended_by: str
    group: int | None
    after_group: int | None


class Rank(TypedDict):
    """Who waits, in the order of going in; rank is null where a group has to close first."""

    id: int
    symbol: str
    side: str
    timeframe_secs: int
    rank: int | None
    why: str
    discount_pct: str
    alert_price: str | None
    replacements: int
    queued_at: str
    last_denial: str


class Ratios(TypedDict):
    """Of the curve of days, deposits taken out; null for fewer than ten days."""

    days: int
    sharpe: str | None
    sortino: str | None
    calmar: str | None
    return_pct: str | None
    max_drawdown_pct: str


class Reason(TypedDict):
    """Reason."""

    code: str
    words: str
    ready_at: str | None


class Refusal(TypedDict):
    """Deliveries turned away at the door, counted by day."""

    id: int
    source: int | None
    address: str
    reason: str
    day: str
    count: int
    first_at: str
    last_at: str


class Replayed(TypedDict):
    """A deed was done."""

    done: NotRequired[bool]
    message: str
    alert: int


class Risk(TypedDict):
    """An account as the gate sees it. Null: not known, which denies entries."""

    at: str
    quote: str
    equity: str | None
    available_quote: str | None
    reserved_quote: str
    exposure_quote: str
    drawdown_pct: str
    drawdown_tier: str
    day_loss_pct: str | None
    losing_streak: int
    orders_last_minute: int
    heat: str | None
    heat_unknown: str
    tails: list[Tail]
    exposures: list[Exposure]
    limits: dict[str, str]


class Run(TypedDict):
    """An offset that ran: what was planned, and what came of it."""

    id: int
    account: int
    group: int
    state: OffsetRunState
    operator: str
    loss: str
    cover: str
    credit: str
    uncovered: str
    bound: str
    winners_realised: str
    loser_realised: str
    cost: str
    code: str
    words: str
    started_at: str
    covered_at: str | None
    ended_at: str | None
    steps: list[Step]


class Sale(TypedDict):
    """What one group gives or loses by the book, quote."""

    group: NotRequired[int]
    symbol: str
    side: NotRequired[str]
    qty: str
    result: str
    whole: bool


class Seal(TypedDict):
    """Whether the seal holds, and what it says to a deed that it forbids."""

    sealed: bool
    positions_visible: bool
    sentence: str


class Session(TypedDict):
    """A browser that is logged in; `here` is the one that asks."""

    id: int
    what: str
    address: str | None
    since: str
    seen_at: str
    here: bool


class SessionsEnded(TypedDict):
    """A deed was done."""

    done: NotRequired[bool]
    message: str
    ended: int


class Setting(TypedDict):
    """One setting: what it is, and within which limits; values are text that can be sent back."""

    group: str
    name: str
    kind: SettingKindEnum
    default_value: str
    help: str
    low: str | None
    high: str | None
    choices: list[str]
    unit: str
    narrowest: NarrowestEnum


class SettingScope(TypedDict):
    """Where a value was set; all empty: for everybody."""

    user: int | None
    account: int | None
    symbol: str


class Settings(TypedDict):
    """Settings."""

    settings: list[Setting]


class ShadowDecision(TypedDict):
    """A row, read only; its decimals are money."""

    id: int
    alert: int
    source: int
    group: int | None
    outcome: str
    reason: str
    details: dict[str, Any]
    decided_at: str


class ShadowGroup(TypedDict):
    """A row, read only; its decimals are money."""

    id: int
    source: int
    account: int
    symbol: str
    timeframe_secs: int
    side: PositionSide
    leverage: int
    qty: str
    cost: str
    entry_qty: str
    average_entry: str | None
    average_exit: str | None
    realised_pnl: str
    fees_quote: str
    opened_at: str
    closed_at: str | None
    close_reason: str


class Share(TypedDict):
    """What hangs on one thing, quote and percent of equity; `used` percent of its limit, null without one."""

    name: str
    quote: str
    pct: str | None
    limit_pct: str | None
    used: int | None


class Signal(TypedDict):
    """What an alert turned out to mean."""

    id: int
    alert: int | None
    account: int
    meaning: str
    symbol: str
    timeframe_secs: int | None
    position_side: str
    price: str | None
    intent: dict[str, Any]
    created_at: str


class Skipped(TypedDict):
    """A deed was done."""

    done: NotRequired[bool]
    message: str
    until: str


class Slot(TypedDict):
    """A row, read only; its decimals are money."""

    id: int
    account: int
    number: int
    group: int
    pyramid: int | None
    pool_size: int
    taken_at: str
    released_at: str | None


class Source(TypedDict):
    """A source; of its proofs only whether there are any."""

    id: int
    user: str
    account: int
    account_name: str
    name: str
    kind: SourceKind
    enabled: bool
    live: bool
    token_set: bool
    secret_set: bool
    api_key_set: bool
    hmac_set: bool
    hmac_required: bool
    allow_bare_hmac: bool
    allowed_ips: list[str]
    pair_whitelist: list[str]
    default_timeframe_secs: int | None
    default_size: str
    formats: list[str]
    body_dedupe_secs: int
    rate_per_min: int | None
    heartbeat_secs: int | None
    bar_secs: int | None
    watch_position: bool
    grace_secs: int
    created_at: str
    updated_at: str


class Stake(TypedDict):
    """Stake."""

    account: int
    name: str
    environment: str
    groups: int
    orders: int


class Standing(TypedDict):
    """An emergency, and how far the kill process has come."""

    id: str
    at: str
    operator: str
    reason: str
    source: str
    flat: bool
    lines: list[dict[str, Any]]


class Step(TypedDict):
    """A row, read only; its decimals are money."""

    id: int
    kind: StepKindEnum
    group: int
    state: OffsetStepState
    qty: str
    expected: str
    worst_price: str
    bound: str
    whole: bool
    sold_qty: str
    realised: str
    code: str
    started_at: str | None
    ended_at: str | None


class Stopped(TypedDict):
    """A market that does not trade, in which something of the account is open or waits."""

    id: int
    symbol: str
    status: str
    stopped_at: str | None


class Tail(TypedDict):
    """Loss of a day, fraction of equity: not exceeded at the confidence, and the mean where it is."""

    confidence_pct: float
    var: float
    cvar: float


class Tally(TypedDict):
    """Closed groups of a window counted together; results net of fees, quote. Null: nothing to divide by."""

    window: WindowEnum
    count: int
    won: int
    lost: int
    net: str
    gross_win: str
    gross_loss: str
    fees: str
    best: str | None
    worst: str | None
    win_rate_pct: str | None
    profit_factor: str | None
    expectancy: str | None
    average_win: str | None
    average_loss: str | None


class TaskQueue(TypedDict):
    """A queue of tasks; `waiting` is null while Valkey does not answer."""

    name: str
    tasks: list[str]
    waiting: int | None


class Tasks(TypedDict):
    """Tasks."""

    canary_age_secs: float | None
    queues: list[TaskQueue]
    bells: list[Bell]


class Then(TypedDict):
    """A group as it stood at `at`; `events` of the journal were read for it."""

    at: str
    words: str
    qty: str
    realised: str
    orders: list[OrderThen]
    events: int


class Ticker(TypedDict):
    """A row, read only; its decimals are money."""

    bid: str
    ask: str
    last: str
    mark: str | None
    at: str


class TicketSent(TypedDict):
    """An order that was sent; `fresh` is false where the same key had sent it before."""

    done: NotRequired[bool]
    message: str
    alert: int
    fresh: bool


class Token(TypedDict):
    """A personal token, by its first letters; its text is told only when it is made."""

    id: int
    name: str
    start: str
    scope: Scope
    created_at: str
    expires_at: str
    last_used_at: str | None
    revoked_at: str | None


class Value(TypedDict):
    """What holds; `origin` is null where it is the default."""

    name: str
    value: str
    origin: SettingScope | None


class Values(TypedDict):
    """Values."""

    values: list[Value]


class Version(TypedDict):
    """What was changed in one step; `of`: the version it takes back or returns to."""

    id: int
    at: str
    operator: str
    reason: str
    how: VersionHowEnum
    of: int | None
    changes: list[Kept]


class Weather(TypedDict):
    """A market's regime, its volatility of a year (percent) and against its own record (ratio)."""

    name: str
    regime: str
    vol_pct: str | None
    ratio: float | None


class WentBack(TypedDict):
    """What changes; `version` is null where it was a preview, or all of it waits."""

    version: int | None
    said: str
    changes: list[Changed]


class WholeAlert(TypedDict):
    """A delivery with its text (secrets were taken out at the door) and the numbers behind its outcome."""

    id: int
    account: int
    source: int
    source_name: str
    endpoint: str
    format: str
    received_at: str
    outcome: str
    reason: str
    decided_at: str | None
    client_id: str
    peer: str
    content_type: str
    raw: str
    details: dict[str, Any]


class WholeGroup(TypedDict):
    """A group with its pyramids, legs, orders and fills, its settings, and the exits that are watched."""

    id: int
    account: int
    instrument: int
    symbol: str
    quote: str
    timeframe_secs: int
    side: PositionSide
    status: GroupStatus
    tp_mode: TpModeEnum
    qty: str
    cost: str
    average_entry: str | None
    break_even: str | None
    realised_pnl: str
    fees_quote: str
    dust_qty: str
    leverage: int
    blocked: bool
    close_reason: str
    opened_at: str
    closing_at: str | None
    closed_at: str | None
    peak: str | None
    reduce_qty: str
    settings: dict[str, str | None]
    watch: list[dict[str, Any]]
    pyramids: list[Pyramid]
    orders: list[WholeOrder]


class WholeOrder(TypedDict):
    """An order. `code` and `detail` say why it was dropped, rejected or is unknown."""

    id: int
    account: int
    instrument: int
    symbol: str
    group: int
    leg: int | None
    purpose: PurposeEnum
    side: Side
    type: TypeEnum
    time_in_force: TimeInForceEnum
    price: str | None
    trigger_price: str | None
    reference_price: str
    qty: str
    filled_qty: str
    filled_cost: str
    reduce_only: bool
    state: OrderState
    client_order_id: str
    venue_order_id: str
    cancel_requested: bool
    code: str
    detail: str
    created_at: str
    submitted_at: str | None
    acknowledged_at: str | None
    updated_at: str
    fills: list[Fill]


class Why(TypedDict):
    """The answer in a line, the first check that stops it (null: none does), and all of them in their order."""

    symbol: str
    sentence: str
    source_name: str
    stops: Check | None
    checks: list[Check]
    last_alert: int | None


class Windlass:
    """The API of one installation. `base` is where its pages are; `token` is made there under API tokens."""

    def __init__(self, token: str = "", *, base: str = "http://127.0.0.1:8080", timeout_secs: float = 30.0) -> None:
        self.token, self.base, self.timeout_secs = token, base.rstrip("/"), timeout_secs

    def every(self, list_: Callable[..., Page[T]], **query: Any) -> Iterator[T]:
        """Every row of a list, page after page: `client.every(client.orders_list, account=1)`."""
        cursor: str | None = None
        while True:
            page = list_(cursor=cursor, **query)
            yield from page["results"]
            cursor = page["next"]
            if cursor is None:
                return

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
        key: str | None = None,
    ) -> Any:
        """One request; arguments that are None are not sent."""
        asked = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        sent = {name: value for name, value in (body or {}).items() if value is not None}
        headers = {"Accept": "application/json, text/csv", "Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        url = self.base + path + (f"?{urlencode(asked)}" if asked else "")
        data = json.dumps(sent).encode() if method != "GET" else None
        try:
            with urlopen(Request(url, data, headers, method=method), timeout=self.timeout_secs) as answer:  # noqa: S310 - the address is ours
                return _read(answer.headers.get_content_type(), answer.read())
        except HTTPError as error:
            raise Refused(error.code, _problem(error.read())) from None

    def accounts_list(
        self,
        *,
        cursor: int | None = None,
        environment: Literal["paper", "testnet", "live"] | None = None,
        limit: int | None = None,
    ) -> Page[Account]:
        """Exchange accounts."""
        found: Page[Account] = self._call(
            "GET", "/api/v1/accounts", query={"cursor": cursor, "environment": environment, "limit": limit}
        )
        return found

    def accounts_get(self, id_: int) -> Account:
        """Exchange accounts."""
        found: Account = self._call("GET", f"/api/v1/accounts/{id_}")
        return found

    def accounts_adopt_get(self, id_: int) -> HandTrades:
        """Trades made by hand at the venue that closed what a group holds; POST takes them into the books."""
        found: HandTrades = self._call("GET", f"/api/v1/accounts/{id_}/adopt")
        return found

    def accounts_adopt(self, id_: int, *, key: str | None = None) -> HandTrades:
        """Trades made by hand at the venue that closed what a group holds; POST takes them into the books."""
        found: HandTrades = self._call("POST", f"/api/v1/accounts/{id_}/adopt", key=key)
        return found

    def accounts_arm(self, id_: int, *, typed: str, key: str | None = None) -> Done:
        """Let entries through, with the account's name typed. A person does: a personal token does not."""
        found: Done = self._call("POST", f"/api/v1/accounts/{id_}/arm", body={"typed": typed}, key=key)
        return found

    def accounts_checkups_get(self, id_: int) -> Checkups:
        """The last pre-flight and the last test order; POST asks a worker for one. One that runs already is the answer."""
        found: Checkups = self._call("GET", f"/api/v1/accounts/{id_}/checkups")
        return found

    def accounts_checkups(self, id_: int, *, kind: CheckupKind, key: str | None = None) -> Checkup:
        """The last pre-flight and the last test order; POST asks a worker for one. One that runs already is the answer."""
        found: Checkup = self._call("POST", f"/api/v1/accounts/{id_}/checkups", body={"kind": kind}, key=key)
        return found

    def accounts_disarm(self, id_: int, *, reason: str, key: str | None = None) -> Done:
        """Stop entries at once; exits go on."""
        found: Done = self._call("POST", f"/api/v1/accounts/{id_}/disarm", body={"reason": reason}, key=key)
        return found

    def accounts_movements_get(self, id_: int) -> Movements:
        """The latest changes of its balances that no fill of ours explains."""
        found: Movements = self._call("GET", f"/api/v1/accounts/{id_}/movements")
        return found

    def accounts_preflight_get(self, id_: int) -> Looks:
        """What must be right before the account may trade money."""
        found: Looks = self._call("GET", f"/api/v1/accounts/{id_}/preflight")
        return found

    def accounts_test(self, id_: int, *, key: str | None = None) -> Looks:
        """Ask the venue: address, clock, keys, markets. Nothing is changed or sent."""
        found: Looks = self._call("POST", f"/api/v1/accounts/{id_}/test", key=key)
        return found

    def alerts_list(
        self,
        *,
        account: int | None = None,
        cursor: int | None = None,
        limit: int | None = None,
        outcome: str | None = None,
        since: str | None = None,
        source: int | None = None,
        until: str | None = None,
    ) -> Page[Alert]:
        """Deliveries, the latest first."""
        found: Page[Alert] = self._call(
            "GET",
            "/api/v1/alerts",
            query={
                "account": account,
                "cursor": cursor,
                "limit": limit,
                "outcome": outcome,
                "since": since,
                "source": source,
                "until": until,
            },
        )
        return found

    def alerts_get(self, id_: int) -> WholeAlert:
        """Deliveries, the latest first."""
        found: WholeAlert = self._call("GET", f"/api/v1/alerts/{id_}")
        return found

    def alerts_preview_get(self, id_: int) -> Preview:
        """What it would do if it came now."""
        found: Preview = self._call("GET", f"/api/v1/alerts/{id_}/preview")
        return found

    def alerts_replay(self, id_: int, *, key: str | None = None) -> Replayed:
        """Send it once more: a new alert, decided as if it had just arrived."""
        found: Replayed = self._call("POST", f"/api/v1/alerts/{id_}/replay", key=key)
        return found

    def books_get(self, *, account: int) -> Books:
        """Bare holdings, executions that differ, dust, and markets that stand still."""
        found: Books = self._call("GET", "/api/v1/books", query={"account": account})
        return found

    def books_bare_list(
        self,
        *,
        account: int | None = None,
        cursor: int | None = None,
        limit: int | None = None,
        open_: bool | None = None,
    ) -> Page[Bare]:
        """Holdings without an exit, the latest first."""
        found: Page[Bare] = self._call(
            "GET", "/api/v1/books/bare", query={"account": account, "cursor": cursor, "limit": limit, "open": open_}
        )
        return found

    def books_bare_get(self, id_: int) -> Bare:
        """Holdings without an exit, the latest first."""
        found: Bare = self._call("GET", f"/api/v1/books/bare/{id_}")
        return found

    def books_bare_take_back(self, id_: int, *, key: str | None = None) -> Done:
        """From now on it is wrong again, and the sweep goes on trying to place an exit."""
        found: Done = self._call("POST", f"/api/v1/books/bare/{id_}/take-back", key=key)
        return found

    def books_bare_waive(self, id_: int, *, reason: str, key: str | None = None) -> Done:
        """Say, by name, that it needs no exit; more than that is told again."""
        found: Done = self._call("POST", f"/api/v1/books/bare/{id_}/waive", body={"reason": reason}, key=key)
        return found

    def books_differences_list(
        self,
        *,
        account: int | None = None,
        cursor: int | None = None,
        limit: int | None = None,
        open_: bool | None = None,
    ) -> Page[Difference]:
        """Executions that differ, the latest first; no entries while one is open."""
        found: Page[Difference] = self._call(
            "GET",
            "/api/v1/books/differences",
            query={"account": account, "cursor": cursor, "limit": limit, "open": open_},
        )
        return found

    def books_differences_get(self, id_: int) -> Difference:
        """Executions that differ, the latest first; no entries while one is open."""
        found: Difference = self._call("GET", f"/api/v1/books/differences/{id_}")
        return found

    def books_differences_settle(
        self, id_: int, *, reason: str, choice: WordChoiceEnum, key: str | None = None
    ) -> Done:
        """Take the venue's numbers, or keep ours."""
        found: Done = self._call(
            "POST", f"/api/v1/books/differences/{id_}/settle", body={"reason": reason, "choice": choice}, key=key
        )
        return found

    def books_differences_undo(self, id_: int, *, key: str | None = None) -> Done:
        """As it was before somebody's word; it waits for a person again."""
        found: Done = self._call("POST", f"/api/v1/books/differences/{id_}/undo", key=key)
        return found

    def books_dust_list(
        self,
        *,
        account: int | None = None,
        cursor: int | None = None,
        group: int | None = None,
        limit: int | None = None,
    ) -> Page[DustMove]:
        """Moves of dust, the latest first. Writing it off is a deed of its group."""
        found: Page[DustMove] = self._call(
            "GET", "/api/v1/books/dust", query={"account": account, "cursor": cursor, "group": group, "limit": limit}
        )
        return found

    def books_dust_get(self, id_: int) -> DustMove:
        """Moves of dust, the latest first. Writing it off is a deed of its group."""
        found: DustMove = self._call("GET", f"/api/v1/books/dust/{id_}")
        return found

    def books_dust_put_back(self, id_: int, *, key: str | None = None) -> Done:
        """Undo a write-off: the dust lies about again, as it did."""
        found: Done = self._call("POST", f"/api/v1/books/dust/{id_}/put-back", key=key)
        return found

    def candles_list(
        self,
        *,
        instrument: int,
        timeframe_secs: int,
        cursor: int | None = None,
        limit: int | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Page[Candle]:
        """Finished bars that are kept, the latest opened first: of days and hours, of markets that are traded."""
        found: Page[Candle] = self._call(
            "GET",
            "/api/v1/candles",
            query={
                "cursor": cursor,
                "instrument": instrument,
                "limit": limit,
                "since": since,
                "timeframe_secs": timeframe_secs,
                "until": until,
            },
        )
        return found

    def export_get(
        self,
        *,
        account: int,
        table: Literal["curve", "fills", "funding", "groups", "orders"],
        search: str | None = None,
        side: Literal["LONG", "SHORT"] | None = None,
        since: str | None = None,
        timeframe_secs: int | None = None,
        until: str | None = None,
    ) -> str:
        """Every row that fits; numbers without loss, times as ISO 8601 UTC, no text that a spreadsheet would run."""
        found: str = self._call(
            "GET",
            "/api/v1/export",
            query={
                "account": account,
                "search": search,
                "side": side,
                "since": since,
                "table": table,
                "timeframe_secs": timeframe_secs,
                "until": until,
            },
        )
        return found

    def fills_list(
        self,
        *,
        account: int | None = None,
        cursor: int | None = None,
        group: int | None = None,
        limit: int | None = None,
        order: int | None = None,
        since: str | None = None,
        symbol: str | None = None,
        until: str | None = None,
    ) -> Page[Fill]:
        """Executions, the latest recorded first."""
        found: Page[Fill] = self._call(
            "GET",
            "/api/v1/fills",
            query={
                "account": account,
                "cursor": cursor,
                "group": group,
                "limit": limit,
                "order": order,
                "since": since,
                "symbol": symbol,
                "until": until,
            },
        )
        return found

    def fills_get(self, id_: int) -> Fill:
        """Executions, the latest recorded first."""
        found: Fill = self._call("GET", f"/api/v1/fills/{id_}")
        return found

    def groups_list(
        self,
        *,
        account: int | None = None,
        closed_since: str | None = None,
        closed_until: str | None = None,
        cursor: int | None = None,
        limit: int | None = None,
        side: Literal["LONG", "SHORT"] | None = None,
        state: Literal["open", "closed"] | None = None,
        status: Literal["WAITING", "LIVE", "PARTIALLY_FILLED", "ACTIVE", "CLOSING", "CLOSED", "DUST_CLOSED", "FAILED"]
        | None = None,
        symbol: str | None = None,
        timeframe_secs: int | None = None,
    ) -> Page[Group]:
        """Position groups, open and closed."""
        found: Page[Group] = self._call(
            "GET",
            "/api/v1/groups",
            query={
                "account": account,
                "closed_since": closed_since,
                "closed_until": closed_until,
                "cursor": cursor,
                "limit": limit,
                "side": side,
                "state": state,
                "status": status,
                "symbol": symbol,
                "timeframe_secs": timeframe_secs,
            },
        )
        return found

    def groups_get(self, id_: int) -> WholeGroup:
        """Position groups, open and closed."""
        found: WholeGroup = self._call("GET", f"/api/v1/groups/{id_}")
        return found

    def groups_add(
        self, id_: int, *, size_quote: str | None = None, preview: bool | None = None, key: str | None = None
    ) -> Added:
        """One more pyramid by hand, through every check that an alert's would pass."""
        found: Added = self._call(
            "POST", f"/api/v1/groups/{id_}/add", body={"size_quote": size_quote, "preview": preview}, key=key
        )
        return found

    def groups_block(self, id_: int, *, blocked: bool, key: str | None = None) -> Done:
        """Whether the group takes more pyramids and offsets; its exits go on."""
        found: Done = self._call("POST", f"/api/v1/groups/{id_}/block", body={"blocked": blocked}, key=key)
        return found

    def groups_close(self, id_: int, *, key: str | None = None) -> Done:
        """Cancel what rests, then sell what is held at market. It cannot be taken back."""
        found: Done = self._call("POST", f"/api/v1/groups/{id_}/close", key=key)
        return found

    def groups_exits_get(self, id_: int) -> Edited:
        """The exits of a group that may be edited; POST edits them."""
        found: Edited = self._call("GET", f"/api/v1/groups/{id_}/exits")
        return found

    def groups_exits(self, id_: int, *, exits: dict[str, str], key: str | None = None) -> Edited:
        """The exits of a group that may be edited; POST edits them."""
        found: Edited = self._call("POST", f"/api/v1/groups/{id_}/exits", body={"exits": exits}, key=key)
        return found

    def groups_offset_get(self, id_: int) -> Plan:
        """What an offset of this group would come to by the books as they are now; POST begins it."""
        found: Plan = self._call("GET", f"/api/v1/groups/{id_}/offset")
        return found

    def groups_offset(self, id_: int, *, key: str | None = None) -> Plan:
        """What an offset of this group would come to by the books as they are now; POST begins it."""
        found: Plan = self._call("POST", f"/api/v1/groups/{id_}/offset", key=key)
        return found

    def groups_skip(self, id_: int, *, key: str | None = None) -> Skipped:
        """The offset sweep leaves the group alone this time."""
        found: Skipped = self._call("POST", f"/api/v1/groups/{id_}/skip", key=key)
        return found

    def groups_then_get(self, id_: int, *, at: str) -> Then:
        """The group and its orders as the journal knew them at a moment."""
        found: Then = self._call("GET", f"/api/v1/groups/{id_}/then", query={"at": at})
        return found

    def groups_write_off_dust(self, id_: int, *, reason: str, key: str | None = None) -> Done:
        """Take what it left below the minimums off the books: it goes into no other position. `books/dust` undoes it."""
        found: Done = self._call("POST", f"/api/v1/groups/{id_}/write-off-dust", body={"reason": reason}, key=key)
        return found

    def health_get(self) -> Health:
        """Each part, asked by talking to it."""
        found: Health = self._call("GET", "/api/v1/health")
        return found

    def instruments_list(
        self,
        *,
        active: bool | None = None,
        cursor: int | None = None,
        environment: Literal["paper", "testnet", "live"] | None = None,
        limit: int | None = None,
        symbol: str | None = None,
        venue: str | None = None,
    ) -> Page[Instrument]:
        """Tradable markets."""
        found: Page[Instrument] = self._call(
            "GET",
            "/api/v1/instruments",
            query={
                "active": active,
                "cursor": cursor,
                "environment": environment,
                "limit": limit,
                "symbol": symbol,
                "venue": venue,
            },
        )
        return found

    def instruments_get(self, id_: int) -> Instrument:
        """Tradable markets."""
        found: Instrument = self._call("GET", f"/api/v1/instruments/{id_}")
        return found

    def journal_list(
        self,
        *,
        account: int | None = None,
        category: Literal["webhook", "order", "risk", "precision", "system"] | None = None,
        cursor: int | None = None,
        group: int | None = None,
        kind: str | None = None,
        level: Literal["info", "warning", "error"] | None = None,
        limit: int | None = None,
        q: str | None = None,
        since: str | None = None,
        subject: str | None = None,
        until: str | None = None,
    ) -> Page[Entry]:
        """What happened, the latest first."""
        found: Page[Entry] = self._call(
            "GET",
            "/api/v1/journal",
            query={
                "account": account,
                "category": category,
                "cursor": cursor,
                "group": group,
                "kind": kind,
                "level": level,
                "limit": limit,
                "q": q,
                "since": since,
                "subject": subject,
                "until": until,
            },
        )
        return found

    def journal_get(self, id_: int) -> Entry:
        """What happened, the latest first."""
        found: Entry = self._call("GET", f"/api/v1/journal/{id_}")
        return found

    def kill_get(self) -> Kill:
        """What is at stake, and a fresh confirmation."""
        found: Kill = self._call("GET", "/api/v1/kill")
        return found

    def kill_press(self, *, reason: str, phrase: str, confirmation: str, key: str | None = None) -> Pressed:
        """Press it: the phrase typed, a reason, and the confirmation of a moment ago."""
        found: Pressed = self._call(
            "POST", "/api/v1/kill", body={"reason": reason, "phrase": phrase, "confirmation": confirmation}, key=key
        )
        return found

    def kill_confirm(self, *, phrase: str, key: str | None = None) -> Done:
        """The phrase, and the mode is PAUSED."""
        found: Done = self._call("POST", "/api/v1/kill/confirm", body={"phrase": phrase}, key=key)
        return found

    def kill_leave(self, *, reason: str, key: str | None = None) -> Done:
        """Ask to leave EMERGENCY; it is confirmed within 15 minutes."""
        found: Done = self._call("POST", "/api/v1/kill/leave", body={"reason": reason}, key=key)
        return found

    def log_in(self, *, username: str, password: str, code: str | None = None, scope: Scope | None = None) -> Keys:
        """Log in; after ten failures a name has to wait five minutes."""
        found: Keys = self._call(
            "POST", "/api/v1/log-in", body={"username": username, "password": password, "code": code, "scope": scope}
        )
        return found

    def log_in_renew(self, *, refresh: str) -> Keys:
        """A refresh token is used once; used twice, its whole log-in ends."""
        found: Keys = self._call("POST", "/api/v1/log-in/renew", body={"refresh": refresh})
        return found

    def log_out(self, *, refresh: str) -> Done:
        """Its keys open nothing from now on."""
        found: Done = self._call("POST", "/api/v1/log-out", body={"refresh": refresh})
        return found

    def lost_list(
        self,
        *,
        cursor: int | None = None,
        limit: int | None = None,
        source: int | None = None,
        state: Literal["OPEN", "CAME", "ENTERED", "CLOSED", "IGNORED"] | None = None,
    ) -> Page[Lost]:
        """Lost alerts, the latest first."""
        found: Page[Lost] = self._call(
            "GET", "/api/v1/lost", query={"cursor": cursor, "limit": limit, "source": source, "state": state}
        )
        return found

    def lost_get(self, id_: int) -> Lost:
        """Lost alerts, the latest first."""
        found: Lost = self._call("GET", f"/api/v1/lost/{id_}")
        return found

    def lost_settle(self, id_: int, *, choice: ChoiceChoiceEnum, key: str | None = None) -> Done:
        """Do what a person chose; it happens once."""
        found: Done = self._call("POST", f"/api/v1/lost/{id_}/settle", body={"choice": choice}, key=key)
        return found

    def me_get(self) -> Me:
        """Name, role and scopes."""
        found: Me = self._call("GET", "/api/v1/me")
        return found

    def mode_get(self) -> Mode:
        """As it holds."""
        found: Mode = self._call("GET", "/api/v1/mode")
        return found

    def mode_change(self, *, reason: str, mode: StepModeEnum, key: str | None = None) -> Done:
        """Pause, reduce or resume; under the seal, resuming waits 24 hours. EMERGENCY is entered and left under `kill`."""
        found: Done = self._call("POST", "/api/v1/mode", body={"reason": reason, "mode": mode}, key=key)
        return found

    def notices_list(
        self,
        *,
        channel: int | None = None,
        cursor: int | None = None,
        klass: Literal[
            "kill", "alarms", "risk", "refusals", "lost", "groups", "fills", "access", "messages", "daily", "test"
        ]
        | None = None,
        limit: int | None = None,
        state: Literal["WAITING", "SENT", "FOLDED", "EXPIRED", "GIVEN_UP"] | None = None,
    ) -> Page[Notice]:
        """What the user's own channels were told, the latest first; kept for 14 days."""
        found: Page[Notice] = self._call(
            "GET",
            "/api/v1/notices",
            query={"channel": channel, "cursor": cursor, "klass": klass, "limit": limit, "state": state},
        )
        return found

    def notices_channels_list(self, *, cursor: int | None = None, limit: int | None = None) -> Page[Channel]:
        """The user's own channels. Whoever may look has some too; a key that only looks changes none."""
        found: Page[Channel] = self._call("GET", "/api/v1/notices/channels", query={"cursor": cursor, "limit": limit})
        return found

    def notices_channels_make(
        self,
        *,
        name: str,
        address: dict[str, str],
        kind: ChannelKind,
        ways: dict[str, Literal["on", "silent", "off"]] | None = None,
        zone: str | None = None,
        quiet_from: str | None | None = None,
        quiet_to: str | None | None = None,
        break_through: bool | None = None,
        most: int | None = None,
        window_minutes: int | None = None,
        daily_hour: int | None = None,
        everyones: bool | None = None,
        key: str | None = None,
    ) -> Channel:
        """Make one, on from now. It tells on when a token has ended, so a token does not make it."""
        found: Channel = self._call(
            "POST",
            "/api/v1/notices/channels",
            body={
                "name": name,
                "address": address,
                "ways": ways,
                "zone": zone,
                "quiet_from": quiet_from,
                "quiet_to": quiet_to,
                "break_through": break_through,
                "most": most,
                "window_minutes": window_minutes,
                "daily_hour": daily_hour,
                "everyones": everyones,
                "kind": kind,
            },
            key=key,
        )
        return found

    def notices_channels_get(self, id_: int) -> Channel:
        """The user's own channels. Whoever may look has some too; a key that only looks changes none."""
        found: Channel = self._call("GET", f"/api/v1/notices/channels/{id_}")
        return found

    def notices_channels_change(
        self,
        id_: int,
        *,
        name: str | None = None,
        address: dict[str, str] | None = None,
        ways: dict[str, Literal["on", "silent", "off"]] | None = None,
        zone: str | None = None,
        quiet_from: str | None | None = None,
        quiet_to: str | None | None = None,
        break_through: bool | None = None,
        most: int | None = None,
        window_minutes: int | None = None,
        daily_hour: int | None = None,
        everyones: bool | None = None,
        key: str | None = None,
    ) -> Channel:
        """Other manners, or another address, which a token does not give."""
        found: Channel = self._call(
            "PATCH",
            f"/api/v1/notices/channels/{id_}",
            body={
                "name": name,
                "address": address,
                "ways": ways,
                "zone": zone,
                "quiet_from": quiet_from,
                "quiet_to": quiet_to,
                "break_through": break_through,
                "most": most,
                "window_minutes": window_minutes,
                "daily_hour": daily_hour,
                "everyones": everyones,
            },
            key=key,
        )
        return found

    def notices_channels_remove(self, id_: int, *, key: str | None = None) -> Done:
        """The channel with its address and everything that waits for it."""
        found: Done = self._call("DELETE", f"/api/v1/notices/channels/{id_}", key=key)
        return found

    def notices_channels_switch(self, id_: int, *, on: bool, key: str | None = None) -> Done:
        """On from now, or off: what waited is not told."""
        found: Done = self._call("POST", f"/api/v1/notices/channels/{id_}/switch", body={"on": on}, key=key)
        return found

    def notices_channels_test(self, id_: int, *, key: str | None = None) -> Done:
        """Ask for a test message, whatever the hour; what became of it is in `notices_list`."""
        found: Done = self._call("POST", f"/api/v1/notices/channels/{id_}/test", key=key)
        return found

    def notices_kinds_get(self) -> NoticeKinds:
        """Every kind with the fields of its address, every class with its default."""
        found: NoticeKinds = self._call("GET", "/api/v1/notices/kinds")
        return found

    def offset_get(self, *, account: int) -> Offset:
        """The account's losers, each with its plan or the reasons why not yet."""
        found: Offset = self._call("GET", "/api/v1/offset", query={"account": account})
        return found

    def offset_runs_list(
        self, *, account: int | None = None, cursor: int | None = None, limit: int | None = None
    ) -> Page[Run]:
        """Offsets that ran, or run."""
        found: Page[Run] = self._call(
            "GET", "/api/v1/offset/runs", query={"account": account, "cursor": cursor, "limit": limit}
        )
        return found

    def offset_runs_get(self, id_: int) -> Run:
        """Offsets that ran, or run."""
        found: Run = self._call("GET", f"/api/v1/offset/runs/{id_}")
        return found

    def orders_list(
        self,
        *,
        account: int | None = None,
        client_order_id: str | None = None,
        cursor: int | None = None,
        group: int | None = None,
        limit: int | None = None,
        purpose: Literal["ENTRY", "TARGET", "EXIT", "STOP", "REDUCE", "FLATTEN", "OFFSET"] | None = None,
        state: Literal[
            "NEW",
            "SUBMITTING",
            "OPEN",
            "PARTIALLY_FILLED",
            "FILLED",
            "CANCELLING",
            "CANCELED",
            "EXPIRED",
            "REJECTED",
            "UNKNOWN",
            "NOT_PLACED",
            "NEEDS_HUMAN",
            "DROPPED",
        ]
        | None = None,
        symbol: str | None = None,
    ) -> Page[Order]:
        """Orders, newest first."""
        found: Page[Order] = self._call(
            "GET",
            "/api/v1/orders",
            query={
                "account": account,
                "client_order_id": client_order_id,
                "cursor": cursor,
                "group": group,
                "limit": limit,
                "purpose": purpose,
                "state": state,
                "symbol": symbol,
            },
        )
        return found

    def orders_get(self, id_: int) -> Order:
        """Orders, newest first."""
        found: Order = self._call("GET", f"/api/v1/orders/{id_}")
        return found

    def orders_cancel(self, id_: int, *, key: str | None = None) -> Done:
        """Take back an entry that rests or waits; what fills until then is kept and gets its exit."""
        found: Done = self._call("POST", f"/api/v1/orders/{id_}/cancel", key=key)
        return found

    def orders_settle(
        self,
        id_: int,
        *,
        ending: SettleEndingEnum,
        reason: str,
        venue_order_id: str | None = None,
        key: str | None = None,
    ) -> Done:
        """Say how an order ended that its venue cannot prove absent (state NEEDS_HUMAN)."""
        found: Done = self._call(
            "POST",
            f"/api/v1/orders/{id_}/settle",
            body={"ending": ending, "venue_order_id": venue_order_id, "reason": reason},
            key=key,
        )
        return found

    def performance_get(self, *, account: int) -> Performance:
        """The last 24 hours, 7 and 30 days, and all time."""
        found: Performance = self._call("GET", "/api/v1/performance", query={"account": account})
        return found

    def pnl_list(
        self,
        *,
        account: int | None = None,
        closes: bool | None = None,
        cursor: int | None = None,
        limit: int | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Page[Point]:
        """The curve of profit, the latest first."""
        found: Page[Point] = self._call(
            "GET",
            "/api/v1/pnl",
            query={
                "account": account,
                "closes": closes,
                "cursor": cursor,
                "limit": limit,
                "since": since,
                "until": until,
            },
        )
        return found

    def pool_get(self, *, account: int) -> Pool:
        """Its size, its slots, and the queue in the order of going in."""
        found: Pool = self._call("GET", "/api/v1/pool", query={"account": account})
        return found

    def preview(self, *, source: str, body: str, key: str | None = None) -> Preview:
        """Decide it for real in a transaction that is rolled back."""
        found: Preview = self._call("POST", "/api/v1/preview", body={"source": source, "body": body}, key=key)
        return found

    def queue_list(
        self,
        *,
        account: int | None = None,
        cursor: int | None = None,
        limit: int | None = None,
        state: Literal["WAITING", "PROMOTED", "EXPIRED", "REMOVED"] | None = None,
    ) -> Page[Queued]:
        """Signals that wait for a slot, and those that waited."""
        found: Page[Queued] = self._call(
            "GET", "/api/v1/queue", query={"account": account, "cursor": cursor, "limit": limit, "state": state}
        )
        return found

    def queue_get(self, id_: int) -> Queued:
        """Signals that wait for a slot, and those that waited."""
        found: Queued = self._call("GET", f"/api/v1/queue/{id_}")
        return found

    def queue_promote(self, id_: int, *, key: str | None = None) -> Done:
        """Let one in now: it still needs a slot and passes every check; refused, it keeps its place."""
        found: Done = self._call("POST", f"/api/v1/queue/{id_}/promote", key=key)
        return found

    def queue_remove(self, id_: int, *, key: str | None = None) -> Done:
        """Take one out for good; only a new alert brings it back."""
        found: Done = self._call("POST", f"/api/v1/queue/{id_}/remove", key=key)
        return found

    def refusals_list(
        self,
        *,
        cursor: int | None = None,
        day: str | None = None,
        limit: int | None = None,
        reason: str | None = None,
        source: int | None = None,
    ) -> Page[Refusal]:
        """What the door refused; what names no source is shown to admins."""
        found: Page[Refusal] = self._call(
            "GET",
            "/api/v1/refusals",
            query={"cursor": cursor, "day": day, "limit": limit, "reason": reason, "source": source},
        )
        return found

    def risk_get(self, *, account: int) -> Risk:
        """As of now, by the rows."""
        found: Risk = self._call("GET", "/api/v1/risk", query={"account": account})
        return found

    def risk_decisions_list(
        self,
        *,
        account: int | None = None,
        allowed: bool | None = None,
        code: str | None = None,
        cursor: int | None = None,
        limit: int | None = None,
        since: str | None = None,
    ) -> Page[Decision]:
        """What the gate decided, the latest first."""
        found: Page[Decision] = self._call(
            "GET",
            "/api/v1/risk/decisions",
            query={
                "account": account,
                "allowed": allowed,
                "code": code,
                "cursor": cursor,
                "limit": limit,
                "since": since,
            },
        )
        return found

    def risk_decisions_get(self, id_: int) -> Decision:
        """What the gate decided, the latest first."""
        found: Decision = self._call("GET", f"/api/v1/risk/decisions/{id_}")
        return found

    def risk_limits_get(self, *, account: int) -> Picture:
        """As the gate would ask about a plan of nothing more."""
        found: Picture = self._call("GET", "/api/v1/risk/limits", query={"account": account})
        return found

    def sealed_get(self) -> Seal:
        """As it holds."""
        found: Seal = self._call("GET", "/api/v1/sealed")
        return found

    def sealed_changes_list(
        self, *, cursor: int | None = None, limit: int | None = None, waiting: bool | None = None
    ) -> Page[Pending]:
        """Changes that wait for their day, the latest first."""
        found: Page[Pending] = self._call(
            "GET", "/api/v1/sealed/changes", query={"cursor": cursor, "limit": limit, "waiting": waiting}
        )
        return found

    def sealed_changes_get(self, id_: int) -> Pending:
        """Changes that wait for their day, the latest first."""
        found: Pending = self._call("GET", f"/api/v1/sealed/changes/{id_}")
        return found

    def sealed_changes_withdraw(self, id_: int, *, key: str | None = None) -> Done:
        """Take a waiting change back; everything stays as it is."""
        found: Done = self._call("POST", f"/api/v1/sealed/changes/{id_}/withdraw", key=key)
        return found

    def sessions_list(self, *, cursor: int | None = None, limit: int | None = None) -> Page[Session]:
        """One's own log-ins, an admin's too. A personal token does not end them."""
        found: Page[Session] = self._call("GET", "/api/v1/sessions", query={"cursor": cursor, "limit": limit})
        return found

    def sessions_get(self, id_: int) -> Session:
        """One's own log-ins, an admin's too. A personal token does not end them."""
        found: Session = self._call("GET", f"/api/v1/sessions/{id_}")
        return found

    def sessions_end(self, id_: int, *, key: str | None = None) -> Done:
        """Log one browser out."""
        found: Done = self._call("DELETE", f"/api/v1/sessions/{id_}", key=key)
        return found

    def sessions_end_others(self, *, key: str | None = None) -> SessionsEnded:
        """Log every browser out but the one that asks; asked with a log-in's key, all of them."""
        found: SessionsEnded = self._call("POST", "/api/v1/sessions/end-others", key=key)
        return found

    def settings_get(self) -> Settings:
        """Every setting there is."""
        found: Settings = self._call("GET", "/api/v1/settings")
        return found

    def settings_preview(
        self,
        *,
        name: str,
        value: str,
        account: int | None = None,
        symbol: str | None = None,
        own: bool | None = None,
        reason: str | None = None,
        key: str | None = None,
    ) -> Changed:
        """Check a value and say what would hold; nothing is written."""
        found: Changed = self._call(
            "POST",
            "/api/v1/settings/preview",
            body={"account": account, "symbol": symbol, "name": name, "own": own, "reason": reason, "value": value},
            key=key,
        )
        return found

    def settings_requests_list(self, *, cursor: int | None = None, limit: int | None = None) -> Page[Request]:
        """Requests, the latest first."""
        found: Page[Request] = self._call("GET", "/api/v1/settings/requests", query={"cursor": cursor, "limit": limit})
        return found

    def settings_requests_approve(self, id_: int, *, reason: str, key: str | None = None) -> Answered:
        """Say yes to what another admin asked for; a deed of a person, not of a script."""
        found: Answered = self._call(
            "POST", f"/api/v1/settings/requests/{id_}/approve", body={"reason": reason}, key=key
        )
        return found

    def settings_requests_refuse(self, id_: int, *, reason: str, key: str | None = None) -> Answered:
        """Say no; whoever asked may take it back without the scope admin."""
        found: Answered = self._call(
            "POST", f"/api/v1/settings/requests/{id_}/refuse", body={"reason": reason}, key=key
        )
        return found

    def settings_roll_back(
        self,
        *,
        version: int,
        how: BackHowEnum | None = None,
        reason: str | None = None,
        only_preview: bool | None = None,
        key: str | None = None,
    ) -> WentBack:
        """Checked, and held back, like every change; `only_preview` writes nothing."""
        found: WentBack = self._call(
            "POST",
            "/api/v1/settings/roll-back",
            body={"version": version, "how": how, "reason": reason, "only_preview": only_preview},
            key=key,
        )
        return found

    def settings_values_get(self, *, account: int | None = None, symbol: str | None = None) -> Values:
        """Every setting's value there, and which scope decides it."""
        found: Values = self._call("GET", "/api/v1/settings/values", query={"account": account, "symbol": symbol})
        return found

    def settings_change(
        self,
        *,
        name: str,
        value: str,
        account: int | None = None,
        symbol: str | None = None,
        own: bool | None = None,
        reason: str | None = None,
        key: str | None = None,
    ) -> DoneChange:
        """Set one value at one place; a version with your name. Groups that are open keep what they were entered with."""
        found: DoneChange = self._call(
            "PUT",
            "/api/v1/settings/values",
            body={"account": account, "symbol": symbol, "name": name, "own": own, "reason": reason, "value": value},
            key=key,
        )
        return found

    def settings_versions_list(
        self,
        *,
        account: int | None = None,
        cursor: int | None = None,
        limit: int | None = None,
        name: str | None = None,
    ) -> Page[Version]:
        """Every step, the latest first."""
        found: Page[Version] = self._call(
            "GET",
            "/api/v1/settings/versions",
            query={"account": account, "cursor": cursor, "limit": limit, "name": name},
        )
        return found

    def settings_versions_get(self, id_: int) -> Version:
        """Every step, the latest first."""
        found: Version = self._call("GET", f"/api/v1/settings/versions/{id_}")
        return found

    def settings_versions_diff_get(self, *, first: int, last: int) -> Diff:
        """What differs of what you may see; 0 is before the first version."""
        found: Diff = self._call("GET", "/api/v1/settings/versions/diff", query={"first": first, "last": last})
        return found

    def settings_withdraw(
        self,
        *,
        name: str,
        account: int | None = None,
        symbol: str | None = None,
        own: bool | None = None,
        reason: str | None = None,
        key: str | None = None,
    ) -> DoneChange:
        """What the wider scope says holds again."""
        found: DoneChange = self._call(
            "POST",
            "/api/v1/settings/withdraw",
            body={"account": account, "symbol": symbol, "name": name, "own": own, "reason": reason},
            key=key,
        )
        return found

    def shadow_compare_get(self, *, source: int, days: int | None = None, minutes: int | None = None) -> Comparison:
        """Trade by trade, newest first."""
        found: Comparison = self._call(
            "GET", "/api/v1/shadow/compare", query={"days": days, "minutes": minutes, "source": source}
        )
        return found

    def shadow_decisions_list(
        self, *, cursor: int | None = None, limit: int | None = None, source: int | None = None
    ) -> Page[ShadowDecision]:
        """What alerts of shadowed sources would have led to."""
        found: Page[ShadowDecision] = self._call(
            "GET", "/api/v1/shadow/decisions", query={"cursor": cursor, "limit": limit, "source": source}
        )
        return found

    def shadow_decisions_get(self, id_: int) -> ShadowDecision:
        """What alerts of shadowed sources would have led to."""
        found: ShadowDecision = self._call("GET", f"/api/v1/shadow/decisions/{id_}")
        return found

    def shadow_groups_list(
        self, *, cursor: int | None = None, limit: int | None = None, source: int | None = None
    ) -> Page[ShadowGroup]:
        """Positions on paper."""
        found: Page[ShadowGroup] = self._call(
            "GET", "/api/v1/shadow/groups", query={"cursor": cursor, "limit": limit, "source": source}
        )
        return found

    def shadow_groups_get(self, id_: int) -> ShadowGroup:
        """Positions on paper."""
        found: ShadowGroup = self._call("GET", f"/api/v1/shadow/groups/{id_}")
        return found

    def shadow_import(self, source_id: int, *, csv: str, key: str | None = None) -> Imported:
        """Read an export; what cannot be read is said line by line."""
        found: Imported = self._call("POST", f"/api/v1/shadow/sources/{source_id}/trades", body={"csv": csv}, key=key)
        return found

    def shadow_forget(self, source_id: int, *, key: str | None = None) -> Done:
        """Delete what was imported for a source."""
        found: Done = self._call("DELETE", f"/api/v1/shadow/sources/{source_id}/trades", key=key)
        return found

    def signals_list(
        self,
        *,
        account: int | None = None,
        cursor: int | None = None,
        limit: int | None = None,
        meaning: str | None = None,
        since: str | None = None,
        symbol: str | None = None,
    ) -> Page[Signal]:
        """Signals, the latest first."""
        found: Page[Signal] = self._call(
            "GET",
            "/api/v1/signals",
            query={
                "account": account,
                "cursor": cursor,
                "limit": limit,
                "meaning": meaning,
                "since": since,
                "symbol": symbol,
            },
        )
        return found

    def signals_get(self, id_: int) -> Signal:
        """Signals, the latest first."""
        found: Signal = self._call("GET", f"/api/v1/signals/{id_}")
        return found

    def slots_list(
        self,
        *,
        account: int | None = None,
        cursor: int | None = None,
        limit: int | None = None,
        taken: bool | None = None,
    ) -> Page[Slot]:
        """Slots, taken and given back."""
        found: Page[Slot] = self._call(
            "GET", "/api/v1/slots", query={"account": account, "cursor": cursor, "limit": limit, "taken": taken}
        )
        return found

    def sources_list(
        self, *, account: int | None = None, cursor: int | None = None, limit: int | None = None
    ) -> Page[Source]:
        """Senders of alerts."""
        found: Page[Source] = self._call(
            "GET", "/api/v1/sources", query={"account": account, "cursor": cursor, "limit": limit}
        )
        return found

    def sources_get(self, id_: int) -> Source:
        """Senders of alerts."""
        found: Source = self._call("GET", f"/api/v1/sources/{id_}")
        return found

    def sources_change(
        self, id_: int, *, enabled: bool | None = None, live: bool | None = None, key: str | None = None
    ) -> Source:
        """Switch a source on or off, or to shadow and back; journalled."""
        found: Source = self._call("PATCH", f"/api/v1/sources/{id_}", body={"enabled": enabled, "live": live}, key=key)
        return found

    def sources_token(self, source_id: int) -> AddressedSource:
        """A new one, told here and never again; the old one ends within a second."""
        found: AddressedSource = self._call("POST", f"/api/v1/sources/{source_id}/token")
        return found

    def sources_make(self, *, account: int, name: str, kind: SourceKind | None = None) -> AddressedSource:
        """Make one, on and live. Its address is told here and never again; an Idempotency-Key is not kept for it."""
        found: AddressedSource = self._call(
            "POST", "/api/v1/sources/make", body={"account": account, "name": name, "kind": kind}
        )
        return found

    def tasks_get(self) -> Tasks:
        """As they are now."""
        found: Tasks = self._call("GET", "/api/v1/tasks")
        return found

    def ticket_send(
        self,
        *,
        account: int,
        symbol: str,
        side: PositionSide,
        order_type: OrderTypeEnum | None = None,
        price: str | None = None,
        size: str | None = None,
        leverage: str | None = None,
        stop: str | None = None,
        stop_unit: StopUnitEnum | None = None,
        target: str | None = None,
        timeframe: str | None = None,
        note: str | None = None,
        strategy: int | None = None,
        sure: bool | None = None,
        key: str | None = None,
    ) -> TicketSent:
        """Send one: an alert like any other, decided in the inbox. An Idempotency-Key sends one order, for good."""
        found: TicketSent = self._call(
            "POST",
            "/api/v1/ticket",
            body={
                "account": account,
                "symbol": symbol,
                "side": side,
                "order_type": order_type,
                "price": price,
                "size": size,
                "leverage": leverage,
                "stop": stop,
                "stop_unit": stop_unit,
                "target": target,
                "timeframe": timeframe,
                "note": note,
                "strategy": strategy,
                "sure": sure,
            },
            key=key,
        )
        return found

    def ticket_preview(
        self,
        *,
        account: int,
        symbol: str,
        side: PositionSide,
        order_type: OrderTypeEnum | None = None,
        price: str | None = None,
        size: str | None = None,
        leverage: str | None = None,
        stop: str | None = None,
        stop_unit: StopUnitEnum | None = None,
        target: str | None = None,
        timeframe: str | None = None,
        note: str | None = None,
        strategy: int | None = None,
        sure: bool | None = None,
        key: str | None = None,
    ) -> Preview:
        """The plan with every check, decided for real and undone; nothing is sent. `sure` does not matter here."""
        found: Preview = self._call(
            "POST",
            "/api/v1/ticket/preview",
            body={
                "account": account,
                "symbol": symbol,
                "side": side,
                "order_type": order_type,
                "price": price,
                "size": size,
                "leverage": leverage,
                "stop": stop,
                "stop_unit": stop_unit,
                "target": target,
                "timeframe": timeframe,
                "note": note,
                "strategy": strategy,
                "sure": sure,
            },
            key=key,
        )
        return found

    def tokens_list(self, *, cursor: int | None = None, limit: int | None = None) -> Page[Token]:
        """The user's own personal tokens."""
        found: Page[Token] = self._call("GET", "/api/v1/tokens", query={"cursor": cursor, "limit": limit})
        return found

    def tokens_make(self, *, name: str, scope: Scope | None = None, days: int | None = None) -> MadeToken:
        """Make one. Its text is told here and never again; an Idempotency-Key is not kept for it."""
        found: MadeToken = self._call("POST", "/api/v1/tokens", body={"name": name, "scope": scope, "days": days})
        return found

    def tokens_get(self, id_: int) -> Token:
        """The user's own personal tokens."""
        found: Token = self._call("GET", f"/api/v1/tokens/{id_}")
        return found

    def tokens_revoke(self, id_: int) -> Done:
        """It opens nothing from now on."""
        found: Done = self._call("DELETE", f"/api/v1/tokens/{id_}")
        return found

    def why_get(
        self,
        *,
        account: int,
        side: Literal["LONG", "SHORT"] | None = None,
        source: int | None = None,
        symbol: str | None = None,
        timeframe_secs: int | None = None,
    ) -> Why:
        """Ask everything as of now; the pair's price is asked for where nobody watched it."""
        found: Why = self._call(
            "GET",
            "/api/v1/why",
            query={
                "account": account,
                "side": side,
                "source": source,
                "symbol": symbol,
                "timeframe_secs": timeframe_secs,
            },
        )
        return found


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(kind: str, raw: bytes) -> Any:
    return json.loads(raw) if kind.endswith("json") else raw.decode()


def _problem(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        return {"detail": raw[:200].decode("utf-8", "replace")}
    return found if isinstance(found, dict) else {}
