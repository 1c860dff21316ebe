from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_superusers_are_admins"),
        ("signals", "0007_largest_market_order"),
        ("trading", "0019_found_in_a_long_past"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="positiongroup",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", False), ("dust_qty__gt", 0), ("qty__gt", 0)),
                fields=["account", "instrument"],
                name="group_left_dust",
            ),
        ),
    ]
