"""Every setting there is; docs/configuration.md is made from it. Pure."""

from trading.domain import settings_rows_entry, settings_rows_guard
from trading.domain.settings_kinds import Setting

TABLE: tuple[Setting, ...] = (*settings_rows_entry.ROWS, *settings_rows_guard.ROWS)
