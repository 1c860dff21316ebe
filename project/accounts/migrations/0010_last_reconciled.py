from django.db import migrations, models
from django.db.models import F


def keep(apps, schema_editor):
    """What was reconciled when this version came: without it the next start would look at the whole past."""
    accounts = apps.get_model("accounts", "ExchangeAccount")._default_manager
    accounts.exclude(reconciled_at=None).update(last_reconciled_at=F("reconciled_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_superusers_are_admins"),
    ]

    operations = [
        migrations.AddField(
            model_name="exchangeaccount",
            name="last_reconciled_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When the books agreed last, whatever has started since.",
                null=True,
            ),
        ),
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
