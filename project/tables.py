"""Whether the database has every table of this version, told by one question instead of Django's whole graph."""

import pkgutil
from collections.abc import Iterator
from importlib.util import find_spec

from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

Migration = tuple[str, str]


def missing() -> list[Migration]:
    """Migrations, by app and name, that lie on disk and are not recorded; `migrate` knows whether they are needed."""
    recorded = MigrationRecorder(connection).applied_migrations()
    return sorted(set(_on_disk()) - set(recorded))


def _on_disk() -> Iterator[Migration]:
    for app in apps.get_app_configs():
        if apps_own := find_spec(f"{app.name}.migrations"):
            folders = apps_own.submodule_search_locations or ()
            yield from ((app.label, found.name) for found in pkgutil.iter_modules(folders) if found.name[0] not in "_~")
