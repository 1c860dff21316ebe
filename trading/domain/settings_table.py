"""Every setting there is; docs/configuration.md is made from it. Pure."""

from trading.domain import settings_rows_entry, settings_rows_guard, settings_rows_modes, settings_rows_risk
from trading.domain.settings_kinds import Setting

TABLE: tuple[Setting, ...] = (
    *settings_rows_entry.ROWS,
    *settings_rows_guard.ROWS,
    *settings_rows_modes.ROWS,
    *settings_rows_risk.ROWS,
)
