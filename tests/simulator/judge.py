"""The judge: the invariants, asked of the rows with the venue's ledger as the evidence. It says how much it looked at."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.simulator.rows import Group, Order
from trading.domain.money import ZERO, total
from trading.domain.order_state import PRODUCTION, RESTING, TERMINAL, TRANSITIONS, OrderState, VenueStatus
from trading.domain.take_profit import Remainder, remainder

if TYPE_CHECKING:
    from tests.simulator.world import World

NEVER_THERE = frozenset({OrderState.NEW, OrderState.DROPPED, OrderState.NOT_PLACED, OrderState.REJECTED})
# In these states we say that the venue has no such order.
Looked = Iterator[str | None]
# One item for each thing that was looked at: what is wrong with it, None where nothing is.


@dataclass
class Findings:
    """What was looked at, by invariant, and what was wrong; what befell the seed's processes, and where they stood."""

    checked: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    befell: Counter[str] = field(default_factory=Counter)

    def take(self, name: str, looked: Looked) -> None:
        for wrong in looked:
            self.checked[name] += 1
            if wrong:
                self.violations.append(f"{name}: {wrong}")

    def add(self, other: "Findings") -> None:
        self.checked.update(other.checked)
        self.violations += other.violations
        self.befell.update(other.befell)


def at_any_time(world: "World", findings: Findings) -> None:
    """What may never be, whatever is on its way."""
    for name, check in ALWAYS.items():
        findings.take(name, check(world))


def in_the_end(world: "World", findings: Findings) -> None:
    """What must agree once the dust has settled."""
    at_any_time(world, findings)
    for name, check in FINALLY.items():
        findings.take(name, check(world))


# at any time -------------------------------------------------------------------------------------


def recorded_as_told(world: "World") -> Looked:
    """I1, half of it: what we recorded was executed, once, to the last digit."""
    theirs = {fill.report.venue_trade_id: fill.report for fill in world.venue.fills}
    seen = Counter(fill.venue_trade_id for fill in world.store.fills.values())
    for fill in world.store.fills.values():
        told = theirs.get(fill.venue_trade_id)
        same = told is not None and (told.qty, told.cost, told.fee) == (fill.qty, fill.cost, fill.fee)
        once = seen[fill.venue_trade_id] == 1
        yield (
            None
            if same and once
            else f"fill {fill.venue_trade_id} is recorded {seen[fill.venue_trade_id]} times, told {told}"
        )


def placed_once(world: "World") -> Looked:
    """I2: no order at the venue without an intent, each client id and each intent is there at most once."""
    ours = {order.client_order_id: order for order in world.store.orders.values()}
    names = Counter(order.client_id for order in world.venue.orders.values())
    intents = Counter(ours[name].intent_key for name in names if name in ours)
    for name, count in names.items():
        order = ours.get(name)
        if order is None:
            yield f"{name} is at the venue and no order of ours"
        elif count > 1 or intents[order.intent_key] > 1:
            yield f"{order.intent_key} is at the venue {max(count, intents[order.intent_key])} times"
        elif order.state in NEVER_THERE:
            yield f"order {order.pk} is {order.state} and is at the venue"
        else:
            yield None
    rows = Counter((order.intent_key, order.attempt) for order in world.store.orders.values())
    yield from (f"{key} was written {count} times" if count > 1 else None for key, count in rows.items())


def slots_within(world: "World") -> Looked:
    """I4: no slot was taken at a moment when open slots ≥ the pool size then in force."""
    for slot in world.store.slots.values():
        full = slot.open_before >= slot.pool_size
        yield f"slot {slot.pk} was taken with {slot.open_before} of {slot.pool_size} open" if full else None


def promises_within(world: "World") -> Looked:
    """I8: a group's exits that may still fill never promise more than it holds, by the fills that are recorded."""
    for group in world.store.groups.values():
        held = _held(group)
        exits = (o for o in group.orders if o.purpose != "ENTRY" and _may_fill(o))
        promised = sum((o.qty - o.filled_qty for o in exits), ZERO)
        wrong = held < 0 or promised > held
        yield f"group {group.pk} promises {promised} of {held}" if wrong else None


def _held(group: Group) -> Decimal:
    base, held = group.instrument.base, ZERO
    for order in group.orders:
        for fill in order.fills:
            held += (fill.qty if fill.side == "BUY" else -fill.qty) - (fill.fee if fill.fee_currency == base else ZERO)
    return held


def _may_fill(order: Order) -> bool:
    return order.state not in TERMINAL or order.reported_qty > order.filled_qty


def no_entry_after_kill(world: "World") -> Looked:
    """I7: no entry accepted after kill + receive window, where the venue lets a signature die."""
    if not world.kind.request_expiry:
        return
    window = PRODUCTION.receive_window
    ends = [*world.latch[1::2], world.now + window]
    for begun, over in zip(world.latch[::2], ends, strict=False):
        for order in world.venue.orders.values():
            late = order.opens and begun + window < order.accepted_at - world.venue.skew < over
            yield f"entry {order.number} was accepted after the kill" if late else None


def reserved_within(world: "World") -> Looked:
    """I11: what entries may still cost is there to be spent; what they bought unseen counts as there."""
    live = [o for o in world.store.orders.values() if o.purpose == "ENTRY" and o.state not in TERMINAL]
    reserved = sum(((o.qty - o.filled_qty) * (o.price or o.reference_price) for o in live), ZERO)
    known = {fill.venue_trade_id for fill in world.store.fills.values()}
    unseen = (f.report for f in world.venue.fills if f.report.venue_trade_id not in known and f.report.side == "BUY")
    funds = world.venue.balances["USDT"] + sum((report.cost for report in unseen), ZERO)
    yield f"{reserved} reserved of {funds}" if reserved > funds else None


# in the end --------------------------------------------------------------------------------------


def executed_as_recorded(world: "World") -> Looked:
    """I1, the other half: every execution of ours is recorded."""
    known = {fill.venue_trade_id for fill in world.store.fills.values()}
    for fill in world.venue.fills:
        trade = fill.report.venue_trade_id
        yield None if trade in known else f"trade {trade} of {fill.client_id} is not recorded"


def settled(world: "World") -> Looked:
    """I3: nothing is undecided, and what rests here rests there."""
    there = {order.number for order in world.venue.resting()}
    for order in world.store.orders.values():
        rests = order.state in RESTING and order.venue_order_id in there
        decided = order.state in TERMINAL or rests
        yield None if decided else f"order {order.pk} is {order.state} in the end"
    here = {order.venue_order_id for order in world.store.orders.values() if order.state in RESTING}
    yield from (f"order {number} rests at the venue only" for number in sorted(there - here))


def alerts_settled(world: "World") -> Looked:
    """I5: each alert that was answered has exactly one outcome, given in the order of arrival; repeats add none."""
    events = [event for event in world.store.journal if event[0] == "alert.settled"]
    given = Counter(event[1] for event in events)
    stored = world.store.deliveries
    for client_id in sorted(world.acknowledged):
        delivery = stored.get(client_id)
        count = given[delivery.alert_id] if delivery else 0
        yield None if count == 1 else f"{client_id} was answered and has {count} outcomes"
    yield None if len(world.store.alerts) == len(stored) else "a repetition was stored as an alert of its own"
    order = [event[1] for event in events]
    yield None if order == sorted(order) else f"alerts were decided out of order: {order}"


def positions_agree(world: "World") -> Looked:
    """I6: what groups hold is what was bought and not sold; nothing was called somebody else's doing."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    for group in world.store.groups.values():
        held[group.instrument.base] += group.qty
        own = _held(group)
        yield None if own == group.qty else f"group {group.pk} says {group.qty}, its fills {own}"
    for base, qty in held.items():
        there = world.venue.balances.get(base, ZERO)
        yield None if qty == there else f"{base}: groups hold {qty}, the venue {there}"
    sums = world.engine.expected(world.account)
    for currency, amount in world.venue.balances.items():
        ours = sums.get(currency, ZERO)
        yield None if ours == amount else f"{currency}: {ours} by our books, {amount} there"
    yield f"called foreign: {world.engine.foreign}" if world.engine.foreign else None


def legal_edges(world: "World") -> Looked:
    """I9: every order moved along legal edges, from NEW to where it is."""
    at = dict[int, OrderState]()
    for event in world.store.journal:
        if event[0] == "order.new":
            at[event[1]] = OrderState.NEW
        elif event[0] == "order.state":
            _, number, before, to = event
            legal = at.get(number) is before and to in TRANSITIONS[before]
            at[number] = to
            yield None if legal else f"order {number} went from {before} to {to}"
    for order in world.store.orders.values():
        yield (
            None
            if at.get(order.pk) == order.state
            else f"order {order.pk} is {order.state}, journalled {at.get(order.pk)}"
        )


def filled_has_exit(world: "World") -> Looked:
    """I13: every filled quantity has an exit resting or is written off as dust, by name."""
    for group in world.store.groups.values():
        if group.qty == 0:
            continue
        seen = world.engine.picture(group)
        covering = [o for o in seen.orders if o.state not in TERMINAL and o.purpose != "ENTRY"]
        open_qty = seen.position.qty - total(o.qty - o.filled_qty for o in covering)
        naked = remainder(open_qty, price=seen.price, rules=seen.rules) is Remainder.SELLABLE
        waived = group.closed_at is None or group.dust_qty == group.qty
        wrong = naked or not waived
        yield f"group {group.pk}: {open_qty} without an exit" if wrong else None


def slots_given_back(world: "World") -> Looked:
    """A slot is held by an open group, and each open group holds one."""
    for slot in world.store.slots.values():
        free, over = slot.released_at is not None, slot.group.closed_at is not None
        yield None if free is over else f"slot {slot.pk}: released {free}, its group ended {over}"


def no_defect(world: "World") -> Looked:
    """No task fails in a way that nobody foresaw, and the dust settles."""
    yield None
    yield from world.defects


Check = Callable[[Any], Looked]
ALWAYS: Mapping[str, Check] = {
    "I1": recorded_as_told,
    "I2": placed_once,
    "I4": slots_within,
    "I7": no_entry_after_kill,
    "I8": promises_within,
    "I11": reserved_within,
}
FINALLY: Mapping[str, Check] = {
    "I1": executed_as_recorded,
    "I3": settled,
    "I4": slots_given_back,
    "I5": alerts_settled,
    "I6": positions_agree,
    "I9": legal_edges,
    "I13": filled_has_exit,
    "tasks": no_defect,
}
INVARIANTS = tuple(sorted({*ALWAYS, *FINALLY}))
STATUS_OPEN = VenueStatus.OPEN
