"""Rows the engine keeps about itself."""

from django.db import models


class Canary(models.Model):
    """Rung by the pump, answered by a worker: proof that a bell is heard end to end."""

    rung_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "canary"

    def __str__(self) -> str:
        return f"answered {self.answered_at}"
