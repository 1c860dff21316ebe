"""The journal in the admin: read it, filter it, follow a subject."""

from django.contrib import admin

from project.admin import EngineAdmin
from project.journal.models import JournalEntry, Lease, Seal


@admin.register(JournalEntry)
class JournalEntryAdmin(EngineAdmin):
    """What happened. Search by subject, as in `order:7`."""

    list_display = ("id", "at", "kind", "subject", "account_id", "payload")
    list_filter = ("kind", "at")
    search_fields = ("=subject", "kind")
    search_help_text = "A subject such as order:7 or group:3, or a kind such as order.state."


@admin.register(Seal)
class SealAdmin(EngineAdmin):
    """Batches of the chain; `check_invariants` proves them (I9)."""

    list_display = ("__str__", "count", "head_hex", "at")
    hidden = ("head",)

    @admin.display(description="head")
    def head_hex(self, seal: Seal) -> str:
        """The first bytes of the hash over everything up to this batch."""
        return bytes(seal.head).hex()[:16]


@admin.register(Lease)
class LeaseAdmin(EngineAdmin):
    """Who may do what only one may do."""

    list_display = ("name", "holder", "fence", "expires_at")
