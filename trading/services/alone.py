"""Work that only one process may do at a time, under a lease; a second one finds it taken and leaves."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from project import failpoints
from project.journal import leases
from trading import bells

LEASE_SPAN = timedelta(seconds=20)
# A sweep that takes longer has died; another may begin.


def alone(lease: str, work: Callable[[], object], *, span: timedelta = LEASE_SPAN) -> None:
    """Do the work unless somebody else does.

    What a process of this machine held when it died is free at once: after a kill nobody waits for the lease's end.
    """
    holder, now = bells.process_name(), timezone.now()
    with failpoints.span("lease.claim"):
        fence = leases.claim(lease, holder=holder, now=now, span=span) or leases.inherit(
            lease, holder=holder, now=now, span=span, is_dead=bells.is_dead
        )
    if fence is None:
        return
    try:
        work()
    finally:
        with failpoints.span("lease.release"):
            leases.release(lease, holder=holder, now=timezone.now())
