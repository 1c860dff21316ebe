"""Alarms are few among very many entries: their own index finds those of a day, however busy the day was.

Its condition is that of `logs.of_level(Level.ERROR)`; a test asks the planner whether they still fit.
"""

from django.db import migrations

MAKE = """
CREATE INDEX journal_alarms ON journal_journalentry (at, id) WHERE
  kind IN ('account.flatten', 'account.unhealthy', 'engine.rival')
  OR (kind = 'order.state' AND payload -> 'to' IN ('"NEEDS_HUMAN"'::jsonb, '"REJECTED"'::jsonb, '"UNKNOWN"'::jsonb))
  OR (kind = 'mode.changed' AND payload -> 'to' = '"EMERGENCY"'::jsonb)
"""


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0003_invites_and_browser_sessions"), ("journal", "0002_rights")]
    operations = [migrations.RunSQL(MAKE, "DROP INDEX journal_alarms")]
