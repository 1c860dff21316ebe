"""Every failpoint: where it stands, and what is true on either side of it (project/failpoints.py).

A stretch has the moments `.begin` and `.end` (after the commit, where it is a transaction), `.sql1.before`,
`.sql1.after`, `.sql2.before` … around its statements, `.signed1` … where a request is signed and not yet checked, and
`.wire1.before`, `.wire1.after` … around its writes to a venue. What happens inside of no stretch is called `venue`.
"""

import re
from dataclasses import dataclass

INNER = re.compile(r"begin|end|signed\d+|(sql|wire)\d+\.(before|after)")


@dataclass(frozen=True, slots=True)
class Row:
    """A point or a stretch: its name, its file, what is true before it and after it."""

    name: str
    place: str
    before: str
    after: str


SPANS = (
    Row(
        "account.unhealthy",
        "trading/services/reconcile.py",
        "the venue cannot be asked, or the books differ",
        "no entry on the account any more, committed",
    ),
    Row(
        "adopt.book",
        "trading/services/adopt.py",
        "a trade by hand, or a kill's sale, fits a group",
        "its order, fills and movements are committed",
    ),
    Row("cancel.call", "trading/services/cancel.py", "CANCELLING is committed", "the venue has been asked to cancel"),
    Row(
        "cancel.claim",
        "trading/services/cancel.py",
        "an order rests and is to go",
        "CANCELLING is committed, the fence has moved",
    ),
    Row("decide.apart", "trading/services/decide.py", "a batch failed", "one alert of it is decided in a savepoint"),
    Row(
        "decide.batch",
        "trading/services/decide.py",
        "alerts are stored, prices are known",
        "slots, groups, orders and outcomes are committed",
    ),
    Row(
        "delisted.group",
        "trading/services/delisted.py",
        "a market is gone and the venue has taken what was held",
        "its group is closed, committed",
    ),
    Row("delisted.name", "trading/services/delisted.py", "a market is gone", "its groups say so, committed"),
    Row(
        "delisted.orders",
        "trading/services/delisted.py",
        "a market has been gone for a while",
        "its orders are EXPIRED, committed",
    ),
    Row(
        "dust.merge",
        "trading/services/dust.py",
        "dust of an open group's pair lies about",
        "it is moved into the group, committed",
    ),
    Row(
        "engine.lease",
        "trading/services/instance.py",
        "an engine wants to enter",
        "the account's lease is ours, or another's, committed",
    ),
    Row("exit.by_hand", "trading/services/exits.py", "a person asked", "the group is closing, committed"),
    Row("exit.reduce", "trading/services/exits.py", "a part is decided", "the part is reserved, not committed"),
    Row("exit.sweep", "trading/services/exits_sweep.py", "a group is open", "it was looked at whole, committed"),
    Row(
        "exit.t1", "trading/services/orders.py", "a target, stop or exit is decided", "its order is NEW, not committed"
    ),
    Row(
        "exit.watch",
        "trading/services/watch.py",
        "a watched price was reached",
        "its group was looked at whole, committed",
    ),
    Row("fill.absorb", "trading/services/fills.py", "the venue reports more", "reported quantities are committed"),
    Row(
        "fill.book",
        "trading/services/fills.py",
        "executions are at hand",
        "fills, position, exits that follow: committed",
    ),
    Row("fill.fetch", "trading/services/fills.py", "fills are missing", "the venue has told them"),
    Row("fill.look", "trading/services/fills.py", "orders rest", "the venue has told which are open"),
    Row("fill.price", "trading/services/fills.py", "a fee has a price now", "price and figures are committed"),
    Row("flatten", "trading/services/flatten.py", "a person asked", "queue empty, groups closing, committed"),
    Row(
        "funding.book",
        "trading/services/funding.py",
        "the venue has paid or taken funding",
        "payments and movements are committed",
    ),
    Row(
        "group.after",
        "trading/services/groups.py",
        "a group has ended",
        "profit noted or a waiting signal let in, in a savepoint",
    ),
    Row("group.closing", "trading/services/groups.py", "an exit is decided", "closing_at is written, not committed"),
    Row(
        "kill.end_groups", "trading/services/flatten.py", "a kill ended flat", "what holds nothing is closed, committed"
    ),
    Row(
        "kill.import",
        "trading/services/kill_import.py",
        "the kill process has written lines",
        "they are journalled, committed",
    ),
    Row("kill.place", "trading/kill/desk.py", "a position is to be sold", "the venue has answered"),
    Row(
        "kill.rest",
        "trading/services/kill_rest.py",
        "a kill's sale fits no single group",
        "it is written as a movement, committed",
    ),
    Row("lease.claim", "trading/services/alone.py", "a sweep is to begin", "its lease is taken, or another's"),
    Row("lease.release", "trading/services/alone.py", "a sweep has ended, well or not", "its lease is free"),
    Row(
        "lookup.ask", "trading/services/lookups.py", "UNKNOWN, the due time has moved", "the venue was asked by our id"
    ),
    Row("lookup.claim", "trading/services/lookups.py", "UNKNOWN and due", "the due time has moved, committed"),
    Row(
        "lookup.doubt",
        "trading/services/lookups.py",
        "SUBMITTING, its sender is gone",
        "UNKNOWN, the fence has moved, committed",
    ),
    Row(
        "lookup.evidence", "trading/services/lookups.py", "not found by id", "clock, balances and fills were asked for"
    ),
    Row("lookup.write", "trading/services/lookups.py", "evidence is at hand", "its verdict is committed"),
    Row("mode.change", "project/accounts/mode.py", "a person asked", "the mode row is committed"),
    Row("mode.follow", "project/accounts/mode.py", "the latch stands", "the mode row says EMERGENCY, committed"),
    Row(
        "mode.work_down",
        "trading/services/work_down.py",
        "a step of REDUCED is due",
        "parts are reserved, the step is taken, committed",
    ),
    Row("offset.begin", "trading/services/offset.py", "a loser can be paid for", "run and steps are committed"),
    Row("offset.book", "trading/services/offset_saga.py", "winners are sold", "the loser's book is at hand"),
    Row("offset.step", "trading/services/offset_saga.py", "a deed is due", "it is committed"),
    Row(
        "order.failed",
        "trading/services/submit.py",
        "the call failed",
        "REJECTED, UNKNOWN or NOT_PLACED is committed (T3)",
    ),
    Row(
        "order.look",
        "trading/services/cancel.py",
        "CANCELLING or not on the book any more",
        "the venue was asked by its id",
    ),
    Row("order.place", "trading/services/submit.py", "SUBMITTING is committed", "the venue has answered"),
    Row("order.seen", "trading/services/cancel.py", "the venue's word is at hand", "it is committed"),
    Row(
        "order.settle",
        "trading/services/human.py",
        "a person has looked at the venue",
        "NEEDS_HUMAN has its end, committed",
    ),
    Row(
        "order.t1",
        "trading/services/decide.py",
        "entries are decided",
        "orders NEW and outcomes are written, not committed",
    ),
    Row("order.t2", "trading/services/submit.py", "NEW", "SUBMITTING with a fence is committed"),
    Row("order.t3", "trading/services/submit.py", "answers are at hand", "OPEN, FILLED … are committed"),
    Row(
        "order.terms",
        "trading/services/submit.py",
        "SUBMITTING is committed",
        "leverage and margin are set at the venue",
    ),
    Row("queue.end", "trading/services/queue.py", "a waiting signal has its end", "it is written, not committed"),
    Row(
        "queue.promote",
        "trading/services/queue.py",
        "a slot is free",
        "the waiting signal's entry is written, not committed",
    ),
    Row("queue.put", "trading/services/queue.py", "no slot is free", "the signal waits, not committed"),
    Row("queue.sweep", "trading/services/queue.py", "signals wait", "expired, promoted, committed"),
    Row("reconcile.baseline", "trading/services/reconcile.py", "a new account", "its first balances are committed"),
    Row(
        "reconcile.clock",
        "trading/services/reconcile.py",
        "the venue has told its time",
        "how far it is off is committed",
    ),
    Row(
        "reconcile.explain",
        "trading/services/reconcile.py",
        "a balance nobody explains",
        "it is written as foreign, committed",
    ),
    Row(
        "reconcile.finish",
        "trading/services/reconcile.py",
        "everything agrees",
        "the account is healthy and reconciled, committed",
    ),
    Row("seal", "project/journal/sealer.py", "journal rows are committed", "they are sealed, committed"),
    Row("slot.release", "trading/services/groups.py", "a group has ended", "its slot is free, not committed"),
)

POINTS = (
    Row("bell.forgotten", "trading/bells.py", "the bell is forgotten in the broker", "its work is done"),
    Row("bell.heard", "trading/bells.py", "a task has begun", "its bell may ring again"),
    Row("bell.remembered", "trading/bells.py", "the bell is remembered in the broker", "the task is sent"),
    Row("bell.rung", "trading/bells.py", "the task is sent", "the caller goes on"),
    Row("bell.unrung", "trading/bells.py", "work is due, as rows say", "the bell is remembered in the broker"),
    Row(
        "budget.ban.after",
        "trading/services/budget.py",
        "the broker knows of a venue's ban",
        "the call fails, all others wait",
    ),
    Row(
        "budget.ban.before",
        "trading/services/budget.py",
        "a venue asked for silence, this process knows",
        "the broker knows it",
    ),
    Row(
        "budget.take.after",
        "trading/services/budget.py",
        "the broker has counted a call, or said how long to wait",
        "the call is signed",
    ),
    Row("budget.take.before", "trading/services/budget.py", "a call is to be made", "the broker counts it"),
    Row("door.insert.after", "signals/inbox.py", "the alert is committed", "its sender is told"),
    Row("door.insert.before", "signals/inbox.py", "the alert is in memory", "the alert is committed"),
    Row("door.reply.before", "trading/webhooks.py", "the alert is committed", "202"),
    Row("kill.begun", "trading/kill/sequence.py", "the kill's journal has begun", "the engine is told"),
    Row("kill.cancel.before", "trading/kill/desk.py", "orders rest", "all of a market are cancelled"),
    Row("kill.engine_told", "trading/kill/sequence.py", "the engine is told", "the venues are flattened"),
    Row("kill.flat.before", "trading/kill/sequence.py", "every venue is flat", "the journal says so"),
    Row("kill.latch.after", "project/accounts/latch.py", "the latch is durable", "whoever pressed goes on"),
    Row("kill.latch.before", "project/accounts/latch.py", "somebody pressed", "a draft is synced"),
    Row("kill.latch.drafted", "project/accounts/latch.py", "a draft is synced", "it is the latch"),
    Row("kill.latch.linked", "project/accounts/latch.py", "the latch stands", "its folder is synced"),
    Row(
        "kill.row.after", "trading/kill/engine.py", "the mode row is committed by the kill process", "bells are purged"
    ),
    Row("kill.row.before", "trading/kill/engine.py", "the mode row is locked", "it says EMERGENCY"),
    Row(
        "kill.row.uncommitted",
        "trading/kill/engine.py",
        "the mode row and its journal row are written",
        "they are committed",
    ),
    Row(
        "lookup.next",
        "trading/services/lookups.py",
        "orders are claimed for a look-up",
        "the next of them is asked for",
    ),
    Row("pump.due", "trading/services/pump.py", "due rows are found", "bells ring for them"),
    Row("seal.published", "project/journal/sealer.py", "rows are published", "the head is kept, the next batch begins"),
    Row("seal.unpublished", "project/journal/sealer.py", "rows are sealed", "they are published"),
)

KNOWN_SPANS = frozenset(row.name for row in SPANS)
KNOWN_POINTS = frozenset(row.name for row in POINTS)


def is_known(name: str) -> bool:
    """Whether a moment of this name can come."""
    stretch = next((span for span in (*KNOWN_SPANS, "venue") if name.startswith(span + ".")), None)
    return name in KNOWN_POINTS or (stretch is not None and bool(INNER.fullmatch(name.removeprefix(stretch + "."))))


def all_named() -> tuple[str, ...]:
    """The moments that have a name of their own: every point, both ends of every stretch."""
    ends = (f"{row.name}.{end}" for row in SPANS for end in ("begin", "end"))
    return tuple(sorted([*KNOWN_POINTS, *ends]))
