"""What the gate decided, with every check's numbers; and how far an account stands below its peak."""

from typing import ClassVar

from django.db import models

from project.accounts.models import ExchangeAccount
from project.fields import money
from signals.models import Signal


class RiskDecision(models.Model):
    """One passage through the gate: allowed, or denied with code, limit and value."""

    account = models.ForeignKey(ExchangeAccount, on_delete=models.PROTECT, related_name="risk_decisions")
    signal = models.ForeignKey(Signal, on_delete=models.PROTECT, null=True, blank=True, related_name="risk_decisions")
    allowed = models.BooleanField()
    code = models.CharField(max_length=30, blank=True)
    sentence = models.TextField(blank=True)
    checks = models.JSONField(default=list)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return "allowed" if self.allowed else f"denied {self.code}"


class RiskState(models.Model):
    """An account's way since its first reading: peak and fall, so that a tier and its cooldown survive a restart.

    Deposits and withdrawals move `equity`, `base` and `peak` alike, so that only what trading lost is a fall.
    """

    account = models.OneToOneField(ExchangeAccount, on_delete=models.CASCADE, related_name="risk_state")
    base = money(help_text="Equity less all profit so far: what was put in.")
    equity = money()
    peak = money()
    deepest_pct = money(default=0, help_text="The deepest fall since the peak, percent.")
    deepest_at = models.DateTimeField(null=True, blank=True)
    stopped = models.BooleanField(default=False, help_text="The last tier was reached; until somebody resets it.")
    looked_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody reset it: losses from before no longer count as a streak."
    )

    def __str__(self) -> str:
        return f"{self.equity:f} of {self.peak:f}"
