"""The app role may add to the journal and its seals, never change or remove a row."""

from django.db import migrations

REVOKE = """
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'windlass_app') THEN
    REVOKE UPDATE, DELETE, TRUNCATE ON journal_journalentry, journal_seal FROM windlass_app;
  END IF;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunSQL(REVOKE, migrations.RunSQL.noop)]
