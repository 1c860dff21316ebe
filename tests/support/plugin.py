"""Starts PostgreSQL and Valkey before Django reads its settings: pytest loads this with `-p`, ahead of pytest-django."""

import os
import tempfile

from tests.support.servers import start_servers

os.environ["DOTENV_APPLIED"] = "1"  # no test reads a developer's .env
os.environ["WINDLASS_HOME"] = tempfile.mkdtemp(prefix="windlass-home-")
SERVERS = start_servers()
os.environ["DATABASE_URL"] = SERVERS.database_url("owner")
os.environ["REDIS_URL"] = SERVERS.redis_url
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings.test"
