"""Which sector a currency belongs to, by the trader's own map; what is not on it is a sector of its own. Pure."""

from collections.abc import Mapping

SectorMap = Mapping[str, str]
# Base currency, in capitals → sector.


def sector_of(base: str, sectors: SectorMap) -> str:
    """The sector of a base currency."""
    return sectors.get(base.upper(), base.upper())
