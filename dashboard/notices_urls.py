"""The addresses of notifications and of the alert builder."""

from django.urls import path

from dashboard.pages.builder import builder_page, builder_send_test, builder_source
from dashboard.pages.notices import (
    edit_channel,
    new_channel,
    notices_page,
    remove_channel,
    switch_channel,
    test_channel,
)

PAGES = [
    path("builder", builder_page, name="builder"),
    path("builder/send", builder_send_test, name="builder_send"),
    path("builder/source", builder_source, name="builder_source"),
    path("notices", notices_page, name="notices"),
    path("notices/new/<slug:kind>", new_channel, name="notices_new"),
    path("notices/<int:channel_id>", edit_channel, name="notices_edit"),
    path("notices/<int:channel_id>/remove", remove_channel, name="notices_remove"),
    path("notices/<int:channel_id>/switch", switch_channel, name="notices_switch"),
    path("notices/<int:channel_id>/test", test_channel, name="notices_test"),
]
