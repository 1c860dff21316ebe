"""Channels and notices, to look at; people keep their channels on the page Notifications."""

from django.contrib import admin

from dashboard.notices.models import Channel, Notice, Place
from project.admin import EngineAdmin


@admin.register(Channel)
class ChannelAdmin(EngineAdmin):
    """Everybody's channels; their addresses are sealed and stand nowhere."""

    hidden = ("sealed_address", "fence")
    list_display = ("name", "user", "kind", "enabled", "failures", "last_sent_at", "last_error")
    list_filter = ("kind", "enabled", "user")
    search_fields = ("name", "user__username")
    list_select_related = ("user",)


@admin.register(Notice)
class NoticeAdmin(EngineAdmin):
    """What was told, and what waits; kept for 14 days."""

    list_display = ("at", "channel", "klass", "title", "text", "state", "sent_at")
    list_filter = ("state", "klass", "channel")
    search_fields = ("title", "text")
    list_select_related = ("channel",)


@admin.register(Place)
class PlaceAdmin(EngineAdmin):
    """How far the journal has been read for notifications."""

    list_display = ("last_xid", "last_entry_id", "swept_at")
