"""The settings registry: read and check one value, resolve all scopes, write values back. Pure."""

import logging
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from trading.domain.refusal import Refusal
from trading.domain.settings_groups import (
    AlertSettings,
    EngineSettings,
    ExecutionSettings,
    ExitSettings,
    GridSettings,
    LiveSettings,
    ModeSettings,
    OffsetSettings,
    PoolSettings,
    QueueSettings,
    RiskSettings,
    SystemSettings,
)
from trading.domain.settings_kinds import Kind, Scope, Setting, read, write
from trading.domain.settings_table import TABLE

__all__ = [
    "GROUPS",
    "REGISTRY",
    "AlertSettings",
    "EngineSettings",
    "ExecutionSettings",
    "ExitSettings",
    "GridSettings",
    "Kind",
    "LiveSettings",
    "ModeSettings",
    "OffsetSettings",
    "PoolSettings",
    "QueueSettings",
    "RiskSettings",
    "Scope",
    "Setting",
    "SettingError",
    "SystemSettings",
    "as_text",
    "dump",
    "find",
    "parse",
    "resolve",
    "restore",
]

log = logging.getLogger(__name__)

REGISTRY: Mapping[str, Setting] = MappingProxyType({setting.name: setting for setting in TABLE})

GROUPS: Mapping[str, Any] = MappingProxyType(
    {
        "alerts": AlertSettings,
        "execution": ExecutionSettings,
        "exits": ExitSettings,
        "grid": GridSettings,
        "live": LiveSettings,
        "modes": ModeSettings,
        "offset": OffsetSettings,
        "pool": PoolSettings,
        "queue": QueueSettings,
        "risk": RiskSettings,
        "system": SystemSettings,
    }
)


class SettingError(ValueError):
    """A stored setting does not pass its own check any more: it was written past the registry."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(f"{refusal.code}: {refusal.sentence()}")


def find(name: str) -> Setting | None:
    """The row of a name, plain ("legs") or with its group ("grid.legs")."""
    group, _, plain_name = name.rpartition(".")
    setting = REGISTRY.get(plain_name)
    return setting if setting is not None and group in ("", setting.group) else None


def parse(name: str, raw: object) -> Any:
    """The typed value of a text or JSON value, or a Refusal with field, limit and value."""
    setting = find(name)
    if setting is None:
        return Refusal("SETTING_UNKNOWN", "name", name[:80], "a name of docs/configuration.md", "Check the spelling.")
    return read(setting, raw)


def as_text(name: str, value: Any) -> str:
    """A typed value as text that parse reads back; pages, diffs and rows show this."""
    return write(REGISTRY[name.rpartition(".")[2]], value)


def resolve(overrides: Sequence[Mapping[str, object]] = ()) -> EngineSettings:
    """All settings after the overrides, widest scope first: the narrowest wins.

    The strict profile changes defaults, never what somebody has set. SettingError where a stored value is refused.
    """
    return _resolved({name: value for scope in overrides for name, value in _values(scope)})


def _resolved(chosen: Mapping[str, Any]) -> EngineSettings:
    """What was chosen, typed, and the defaults of its profile for the rest."""
    strict = chosen.get("profile") == "strict"
    values = {setting.name: _default(setting, strict=strict) for setting in TABLE} | {**chosen}
    return EngineSettings(**{group: _group(group, values) for group in GROUPS})


def dump(settings: EngineSettings) -> dict[str, str]:
    """Every setting by name as text: an override mapping that resolves to the same settings."""
    return {row.name: write(row, getattr(getattr(settings, row.group), row.name)) for row in TABLE}


def restore(dumped: Mapping[str, str]) -> EngineSettings:
    """What was dumped, as it was; a setting that no longer exists is left out.

    One that its check refuses by now, after an upgrade or out of an old backup, is its default: an open position's exits
    go on by all the others, and the log names it.
    """
    return _restored(tuple(dumped.items()))


@lru_cache(maxsize=1024)  # a group keeps its settings for life, and is looked at every few seconds
def _restored(texts: tuple[tuple[str, str], ...]) -> EngineSettings:
    read = [(name.rpartition(".")[2], parse(name, text)) for name, text in texts if find(name) is not None]
    return _resolved({name: value for name, value in read if not _refused(value)})


def _refused(value: Any) -> bool:
    """Whether it is a refusal, which is told."""
    if isinstance(value, Refusal):
        log.error("a setting that a position was opened with is refused, its default holds: %s", SettingError(value))
    return isinstance(value, Refusal)


def _values(scope: Mapping[str, object]) -> list[tuple[str, Any]]:
    """One scope's overrides under their plain names, typed."""
    return [(name.rpartition(".")[2], _valid(parse(name, raw))) for name, raw in scope.items()]


def _valid(value: Any) -> Any:
    """The value, unless it is a refusal."""
    if isinstance(value, Refusal):
        raise SettingError(value)
    return value


def _default(setting: Setting, *, strict: bool) -> Any:
    """A row's default under the profile."""
    return setting.strict if strict and setting.strict is not None else setting.default


def _group(group: str, values: Mapping[str, Any]) -> Any:
    """One typed group."""
    return GROUPS[group](**{row.name: values[row.name] for row in TABLE if row.group == group})
