"""Instruments with their rules and their last prices; the same for everybody."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dashboard.api.base import Listed, Shown
from dashboard.api.fields import Id, RowSerializer
from dashboard.api.paging import ByOpening
from project.accounts.models import Environment
from signals.models import Candle, Instrument, Ticker


class TickerSerializer(RowSerializer):
    class Meta:
        model = Ticker
        fields = ("bid", "ask", "last", "mark", "at")


class InstrumentSerializer(RowSerializer):
    """A market; `ticker` is null while nobody needs its price."""

    ticker = serializers.SerializerMethodField()

    class Meta:
        model = Instrument
        fields = (
            *("id", "venue", "environment", "symbol", "venue_symbol", "kind", "base", "quote", "active"),
            *("tick_size", "lot_step", "min_qty", "max_qty", "min_notional", "contract_size"),
            *("maker_fee", "taker_fee", "max_open_orders", "refreshed_at", "ticker"),
        )

    @extend_schema_field(TickerSerializer(allow_null=True))
    def get_ticker(self, row: Instrument) -> Any:
        """The last price, if somebody needs it."""
        found = getattr(row, "ticker", None)
        return None if found is None else TickerSerializer(found).data


class InstrumentsQuery(serializers.Serializer):
    venue = serializers.CharField(required=False, max_length=30)
    environment = serializers.ChoiceField(choices=Environment.choices, required=False)
    symbol = serializers.CharField(required=False, max_length=40, help_text="As in BTC/USDT.")
    active = serializers.BooleanField(required=False)


class Instruments(Shown):
    """Tradable markets."""

    queryset = Instrument.objects.select_related("ticker")
    serializer_class = InstrumentSerializer
    query_class = InstrumentsQuery
    owner = ""


class CandleSerializer(RowSerializer):
    """One finished bar, as the venue reports it."""

    class Meta:
        model = Candle
        fields = ("id", "instrument", "timeframe_secs", "opened_at", "open", "high", "low", "close", "volume")


class CandlesQuery(serializers.Serializer):
    instrument = Id()
    timeframe_secs = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class Candles(Listed):
    """Finished bars that are kept, the latest opened first: of days and hours, of markets that are traded."""

    queryset = Candle.objects.all()
    serializer_class = CandleSerializer
    query_class = CandlesQuery
    pagination_class = ByOpening
    owner = ""
    lookups = {"since": "opened_at__gte", "until": "opened_at__lt"}  # noqa: RUF012 - a table of the class
