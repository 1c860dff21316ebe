from django.db import migrations


def say_so(apps, schema_editor):
    """Whoever has every right has the role admin: superusers made at the command line were viewers by name."""
    apps.get_model("accounts", "User")._default_manager.filter(is_superuser=True).update(role="admin")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_checkups_and_key_marks"),
    ]

    operations = [
        migrations.AlterModelManagers(name="user", managers=[]),
        migrations.RunPython(say_so, migrations.RunPython.noop),
    ]
