"""What the gate decided."""

from django.contrib import admin

from project.admin import EngineAdmin, account_name
from risk.models import RiskDecision


@admin.register(RiskDecision)
class RiskDecisionAdmin(EngineAdmin):
    """Each passage through the gate, with every check's numbers."""

    list_display = ("id", "at", account_name(), "allowed", "code", "sentence")
    list_filter = ("allowed", "code", "account", "at")
    search_fields = ("sentence",)
    list_select_related = ("account",)
