"""Pausing, reducing and resuming: which steps are one person's to take, and taking one. Page and API take it alike."""

from django.db import transaction

from project.accounts import mode
from project.accounts.mode import Mode

STEPS = {
    Mode.NORMAL: frozenset({Mode.PAUSED, Mode.REDUCED}),
    Mode.PAUSED: frozenset({Mode.NORMAL, Mode.REDUCED}),
    Mode.REDUCED: frozenset({Mode.NORMAL, Mode.PAUSED}),
}
# wanted -> from where: EMERGENCY has a page of its own, and two steps lead out of it.
ELSEWHERE = "The mode is {mode} by now ({operator}: {reason}), so this step is not possible from here."
WAITS = "The profile is sealed: entries are taken again in 24 hours, unless that is withdrawn before."
DONE = {
    Mode.NORMAL: "Resumed. Entries are taken again.",
    Mode.PAUSED: "Paused. Exits go on; nothing new is entered.",
    Mode.REDUCED: "Reducing. Nothing new is entered, and positions are worked down step by step.",
}


def take_step(wanted: Mode, *, operator: str, reason: str) -> str:
    """Change the mode if it still is where the step starts; else why not. The row is locked in between."""
    with transaction.atomic():
        row = mode.locked()
        if row.mode == wanted:
            return ""
        if row.mode not in STEPS[wanted]:
            return ELSEWHERE.format(mode=row.mode, operator=row.operator or "nobody", reason=row.reason or "no reason")
        mode.change(wanted, operator=operator, reason=reason)
        return ""
