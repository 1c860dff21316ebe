"""Versions of settings, begun with every change that the journal tells of; requests that wait for a second person."""

from itertools import islice

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def from_the_journal(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Every change so far becomes a version of its own, in the order in which it happened."""
    entries = apps.get_model("journal", "JournalEntry").objects.filter(kind="setting.changed").order_by("xid", "id")
    versions = apps.get_model("trading", "SettingVersion")
    made = (
        versions(
            at=entry.at,
            operator=entry.payload.get("operator", "")[:150],
            how="IMPORTED",
            changes=[{name: entry.payload.get(name) for name in ("name", "scope", "before", "after")}],
        )
        for entry in entries.iterator()
    )
    while batch := list(islice(made, 500)):
        versions.objects.bulk_create(batch)


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0002_rights"),
        ("trading", "0015_group_closed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SettingVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("operator", models.CharField(max_length=150)),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("PAGE", "page"),
                            ("API", "API"),
                            ("ADMIN", "admin"),
                            ("SEAL", "waited under the seal"),
                            ("APPROVAL", "approved by a second person"),
                            ("ROLLBACK", "taken back"),
                            ("FILE", "from a file"),
                            ("HAND", "a deed on a page"),
                            ("DEMO", "demo"),
                            ("IMPORTED", "from the journal"),
                        ],
                        max_length=10,
                    ),
                ),
                ("changes", models.JSONField()),
                ("of", models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="pendingchange",
            name="reason",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.CreateModel(
            name="SettingRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_by", models.CharField(max_length=150)),
                ("asked_at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                ("expires_at", models.DateTimeField()),
                ("changes", models.JSONField()),
                (
                    "ending",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("APPROVED", "approved"),
                            ("REFUSED", "refused"),
                            ("WITHDRAWN", "withdrawn"),
                            ("EXPIRED", "expired"),
                            ("OVERTAKEN", "overtaken: the setting changed meanwhile"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_by", models.CharField(blank=True, default="", max_length=150)),
                ("ended_reason", models.CharField(blank=True, default="", max_length=200)),
                (
                    "asker",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="trading.settingversion"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.RunPython(from_the_journal, migrations.RunPython.noop),
    ]
