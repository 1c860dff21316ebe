"""What the gate decided, with every check's numbers."""

from typing import ClassVar

from django.db import models

from project.accounts.models import ExchangeAccount
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
