"""The simulator: the engine's decisions under virtual time, a seeded scheduler, and a ledger as judge. No database.

What decides is the real code: all of trading.domain that an order's life touches (order_state with its timing profile
and proof of absence, client_id, admission, classify, grid, ladder, exit_plan, exit_watch, take_profit, stops, position,
reduce, group_status, retry, pyramids, settings), signals.evaluate with the real format of an alert, risk's sizing and
gate, and those functions of the services that need no row: classification, guards, drafts, plans, rank, exits' orders.
What is modelled here is what lies between: which rows are read, which are written together, and in which step. Each
model step mirrors one service function; tests/simulator/test_conformance.py plays the same scripts to both.

| here | mirrors |
|---|---|
| `Deciding.inbox`, `decide_batch`, `decide_one` | `decide.process_inbox`, `_decide_batch`, `_act` with `_enter`, `_exit`, `_reduce` |
| `Deciding.enter`, `record` | `entry.enter`, `_through_gate`, `_record` |
| `Deciding.put`, `replace`, `promote`, `expire` | `queue.put`, `replace`, `promote`, `expire` |
| `Deciding.exit_by_signal`, `reduce_by_signal` | `exits.exit_by_signal`, `reduce_by_signal`, `start_reducing` |
| `desk.SimDesk` | `desk.Desk`: the same numbers from rows in memory |
| `Groups.review` and what it calls | `groups.review`, `ladder.tend`, `orders.create`, `move`, `withdraw`, `again` |
| `Groups.picture` | `selectors.picture`: its queries; what it computes is called |
| `Sending.claim`, `submit_all`, `settle`, `settle_failure` | `submit.claim`, `submit_all`, `submit`, `settle`, `settle_failure` |
| `Sending.place` | `ccxt_gateway.place` with the last check at the socket, `socket_guard.ModeGuard` |
| `Sending.claim_cancels`, `cancel_all`, `look_at` | `cancel.claim_cancels`, `cancel`, `look_at` |
| `Asking.look_up`, `resolve`, `trace`, `evidence` | `lookups.look_up`, `_resolve`, `_trace`, `_evidence`, `_conclude`, `doubt` |
| `Asking.collect`, `apply` | `fills.collect`, `_look`, `_fetch`, `apply` |
| `Asking.reconcile` | `reconcile.reconcile`, `unexplained_for_sure`, `mark_unhealthy` |
| `Asking.absorb`, `not_placed` | `reports.absorb`, `not_placed` |
| `Engine.exits_sweep`, `queue_sweep`, `watch` | `exits_sweep.sweep`, `queue.sweep`, `tasks.poll_prices` |
| `Engine.due` | `pump.DUE` |
| `World.human` | `human.settle`: a person who looks at the ledger |

Not modelled: futures, orders that rest as stops at the venue, the offset, shadow desks, the kill process (the latch is).
"""
