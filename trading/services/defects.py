"""What a mistake of ours raises: the work is undone and told, and everybody else's goes on."""

from django.core.exceptions import ObjectDoesNotExist
from django.db import DataError, IntegrityError

from trading.errors import IllegalTransition

DEFECTS = (
    *(ArithmeticError, AttributeError, LookupError, StopIteration, TypeError, ValueError),
    *(DataError, IntegrityError, ObjectDoesNotExist, IllegalTransition),
)
# A database or broker that is away is none: it raises past us, and the next bell tries again. A SettingError is one.
