"""What a mistake of ours raises: the work is undone and told, and everybody else's goes on."""

from django.db import DataError

DEFECTS = (ArithmeticError, DataError, LookupError, TypeError, ValueError)
# A database or broker that is away is none: it raises past us, and the next bell tries again. A SettingError is one.
