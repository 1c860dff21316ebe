"""Tests: the same engines, fast password hashing; the production timing, for tests rewind clocks and wait for nothing."""

from dataclasses import replace

from project.settings.base import *  # noqa: F403
from project.settings.base import DATABASES
from project.settings.base import WINDLASS as BASE_WINDLASS

WINDLASS = replace(BASE_WINDLASS, timing="production")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A lock that is held for longer than the engine waits is a busy machine's, and no finding.
DATABASES["default"]["OPTIONS"]["options"] += " -c lock_timeout=30000"
