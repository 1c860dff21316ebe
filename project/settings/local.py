"""What `make up` serves with: one machine, loopback, plain HTTP."""

from project.settings.base import *  # noqa: F403
