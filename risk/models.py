"""What the gate decided, how far an account stands below its peak, and how hard its markets swing."""

from typing import ClassVar

from django.db import models

from project.accounts.models import ExchangeAccount
from project.fields import money
from signals.models import Instrument, Signal


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

    Deposits and withdrawals move `equity` and `base` and scale `peak` and `day_base`, so that only what trading lost is a fall.
    """

    account = models.OneToOneField(ExchangeAccount, on_delete=models.CASCADE, related_name="risk_state")
    base = money(help_text="Equity less all profit so far: what was put in.")
    equity = money()
    peak = money()
    day = models.DateField(null=True, blank=True, help_text="The day (UTC) of the last reading.")
    day_base = money(default=0, help_text="With what it began.")
    deepest_pct = money(default=0, help_text="The deepest fall since the peak, percent.")
    deepest_at = models.DateTimeField(null=True, blank=True)
    stopped = models.BooleanField(default=False, help_text="The last tier was reached; until somebody resets it.")
    looked_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody reset it: losses from before no longer count as a streak."
    )

    capital_tier = models.CharField(
        max_length=13, blank=True, help_text="Kept until the equity is 20 % below its entry."
    )

    def __str__(self) -> str:
        return f"{self.equity:f} of {self.peak:f}"


class GarchFit(models.Model):
    """How hard an instrument swings on a timeframe: the model, and the variance it forecasts for the candle to come.

    Floats: statistics, not money. EWMA is kept as the GARCH it is (omega 0, alpha + beta 1), until a fit is found.
    """

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="fits")
    timeframe_secs = models.PositiveIntegerField()
    method = models.CharField(max_length=6)
    omega = models.FloatField()
    alpha = models.FloatField()
    beta = models.FloatField()
    nu = models.FloatField(help_text="Degrees of freedom of the shocks: the fewer, the heavier the tails.")
    variance = models.FloatField(help_text="Forecast for the next candle, squared ratio.")
    correction = models.FloatField(
        default=1.0, help_text="What the forecast is multiplied by: how much the fit fell short on its own record."
    )
    usual = models.FloatField(help_text="Variance over the whole record, which the forecast is held against.")
    target_scale = models.FloatField(default=1.0, help_text="Followed 15 % a year ÷ volatility; sizing may use it.")
    count = models.PositiveIntegerField(help_text="Returns in the record.")
    candle_at = models.DateTimeField(help_text="When the last candle that was counted opened.")
    close = models.FloatField(help_text="Its close.")
    fitted_at = models.DateTimeField(null=True, blank=True, help_text="Empty: never fitted, EWMA.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["instrument", "timeframe_secs"], name="fit_once")]
        ordering: ClassVar = ["instrument", "timeframe_secs"]

    def __str__(self) -> str:
        return f"{self.method} {self.timeframe_secs} s"


class BookDepth(models.Model):
    """What rests in an instrument's book within 1 % of its price, both sides' lesser, quote."""

    instrument = models.OneToOneField(Instrument, on_delete=models.CASCADE, related_name="depth")
    quote = money()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.quote:f}"


class Dependence(models.Model):
    """How a venue's pairs move together: [symbol, symbol, correlation] of each pair of them."""

    venue = models.CharField(max_length=30)
    environment = models.CharField(max_length=10)
    method = models.CharField(max_length=6, help_text="DCC, or EWMA where it was not fitted.")
    rho = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["venue", "environment"], name="dependence_once")]

    def __str__(self) -> str:
        return f"{self.method} {self.venue} {self.environment}"


class Breaker(models.Model):
    """A component's circuit breaker: after too many errors it keeps entries away until it works again."""

    component = models.CharField(max_length=60, unique=True, help_text="For example venue:binance:paper.")
    state = models.CharField(max_length=9, default="CLOSED")
    recent = models.JSONField(default=list, help_text="The last calls, true where they went well.")
    errors = models.PositiveIntegerField(default=0, help_text="In a row.")
    successes = models.PositiveIntegerField(default=0, help_text="Of trials, while half open.")
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["component"]

    def __str__(self) -> str:
        return f"{self.component} {self.state}"
