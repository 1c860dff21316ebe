"""Whether dangerous steps take two people: the installation's setting `approvals`."""

from trading.domain import settings as registry
from trading.models import SettingOverride


def needed() -> bool:
    """The global setting as it holds."""
    rows = SettingOverride.objects.filter(user=None, account=None, symbol="", name="approvals")
    modes = registry.resolve([{row.name: row.value} for row in rows]).modes
    return modes.approvals
