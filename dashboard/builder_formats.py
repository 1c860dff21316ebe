"""Every format's composer, by the format's name. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from dashboard import builder_own as own
from dashboard import builder_vendors as vendors
from dashboard.builder_parts import Compose

COMPOSERS: Mapping[str, Compose] = MappingProxyType(
    {
        "windlass": own.windlass,
        "windlass_nested": own.windlass_nested,
        "threecommas_strategy": vendors.threecommas_strategy,
        "threecommas_custom": vendors.threecommas_custom,
        "threecommas_dca": vendors.threecommas_dca,
        "alertatron": vendors.alertatron,
        "algoway": vendors.algoway,
        "altrady": vendors.altrady,
        "cornix": vendors.cornix,
        "finandy": vendors.finandy,
        "freqtrade": vendors.freqtrade,
        "octobot": vendors.octobot,
        "okx": vendors.okx,
        "pineconnector": vendors.pineconnector,
        "traderspost": vendors.traderspost,
        "wundertrading": vendors.wundertrading,
        "tv_strategy": vendors.tv_strategy,
        "bridge": vendors.bridge,
        "generic": vendors.generic,
        "csv_line": vendors.csv_line,
        "alerts": own.alerts,
        "indicators": own.indicators,
        "signals": own.signals,
        "windlass_values": own.windlass_values,
    }
)
