"""How this process shares its time: with the collector of garbage, and with the thread that writes the ledger."""

import gc
import sys

GC_THRESHOLDS = (100_000, 50, 100)
# Orders and fills form no cycles: looking for garbage among them cost an eighth of the time.

SWITCH_SECS = 0.0005
# The ledger's thread, back from the disk, waits at most so long for the interpreter; replies wait for it.


def calm() -> None:
    """Let the garbage collector look more rarely, and threads take turns more often."""
    gc.set_threshold(*GC_THRESHOLDS)
    sys.setswitchinterval(SWITCH_SECS)
