"""What a fee in a third currency was worth. Fills from before keep none: today's price is not that of their day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_superusers_are_admins"),
        ("signals", "0007_largest_market_order"),
        ("trading", "0020_left_dust"),
    ]

    operations = [
        migrations.AddField(
            model_name="fill",
            name="fee_price",
            field=models.DecimalField(
                blank=True,
                decimal_places=18,
                help_text="Quote per unit of a third fee currency, written once; empty: not needed, or unknown.",
                max_digits=38,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="fill",
            name="unpriced",
            field=models.BooleanField(
                default=False, help_text="Its fee is in a third currency and waits for the first price of it."
            ),
        ),
        migrations.AddIndex(
            model_name="fill",
            index=models.Index(
                condition=models.Q(("unpriced", True)), fields=["account", "fee_currency"], name="fill_unpriced"
            ),
        ),
    ]
