"""Mutants that no test can or should notice, each with the reason."""

from collections.abc import Mapping
from types import MappingProxyType

WHY: Mapping[str, str] = MappingProxyType(
    {
        "admission.free_slot: 1 → 2 #2": "a slot of the pool is free here, so the search never gets to the number added",
        "exit_ladder._merged: carried > 0 → carried >= 0": "nothing carried adds nothing",
        "exit_ladder._merged: 0 → -1": "nothing carried adds nothing",
        "exit_ladder._parts: target.qty <= most → target.qty < most": "as much as the venue takes is one part by either way",
        "exit_ladder._parts: floor_to((most + rest) / 2, rules.lot_step) → ceil_to((most + rest) / 2, rules.lot_step)": "of "
        "two halves a lot apart either may come last",
        "exit_ladder._places: all((rules.sellable(qty, target.price) for qty in found.lacking)) → any((rules.sellable(qty, "
        "target.price) for qty in found.lacking))": "parts are made so that each is sellable; without parts nothing is placed",
        "exit_ladder._rests_already: 0 < qty == state.resting_qty → 0 <= qty == state.resting_qty": "what rests is above 0",
        "exit_ladder._rests_already: 0 → -1": "what rests is above 0",
        "exit_ladder._shares: True → False": "both have one entry a rung",
        "exit_ladder.wanted: True → False": "all three have one entry a rung",
        "ladder._replace: 1 → 0": "leg 0 has come, or nothing would move; it is never among those that wait",
        "money.step_down: value >= ZERO → value > ZERO": "0 is 0 on both ways",
        "offset_saga.limit_price: sign > 0 → sign >= 0": "the sign is 1 or −1",
        "offset_saga.limit_price: 0 → -1": "the sign is 1 or −1",
        "offset_saga.own_share: sold <= qty → sold < qty": "all of it is the same by either way: × qty ÷ qty",
        "position._order: -1 if fill.leg_id is None else fill.leg_id → -1": "no figure knows legs: they settle ties only",
        "position._order: -1 → 1": "no figure knows legs: they settle ties only",
        "position._order: 1 → 2": "no figure knows legs: they settle ties only",
        "position._order: 1 → 0": "no figure knows legs: they settle ties only",
        "position._order: ZERO if fill.fee_price is None else fill.fee_price → ZERO": "settles ties only: fees are summed",
        "reconcile._orders: {mine} if mine is not None else set() → {mine}": "no order of ours is None",
        "reduce.due: reserved_qty <= 0 → reserved_qty < 0": "0 lots are not sellable, and dust that is taken along is not",
        "reduce.due: 0 → -1": "nothing below a lot is sellable",
        "retry.wait_after: 10 → 11": "10 s × 2 ** 9 is far above the longest wait already; the bound is for huge counts",
        "retry.wait_after: 10 → 9": "10 s × 2 ** 9 is far above the longest wait already; the bound is for huge counts",
        "rungs._mended: return '' → return None": "only asked whether there is anything to mend",
        "take_profit._quotas: leg.net_qty - leg.closed_qty → leg.net_qty + leg.closed_qty": "shares are cumulative: what is "
        "taken off too much here is missing in the next leg's sum, and the same is left to sell",
        "take_profit.waiting: leg.net_qty - leg.closed_qty → leg.net_qty + leg.closed_qty": "a larger sum matters only where "
        "a leg without fills has sold, which no orders leave behind",
    }
)
