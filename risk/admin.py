"""What the gate decided."""

from django.contrib import admin

from project.admin import EngineAdmin
from risk.models import RiskDecision


@admin.register(RiskDecision)
class RiskDecisionAdmin(EngineAdmin):
    """Each passage through the gate, with every check's numbers."""

    list_display = ("id", "at", "account", "allowed", "code", "sentence")
    list_filter = ("allowed", "code", "account")
    search_fields = ("sentence",)
    list_select_related = ("account",)
