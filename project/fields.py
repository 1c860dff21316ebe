"""Model fields that every floor shares."""

from typing import Any

from django.db import models


def money(**options: Any) -> models.DecimalField[Any, Any]:
    """A price, quantity or amount: numeric(38,18), exact."""
    return models.DecimalField(max_digits=38, decimal_places=18, **options)
