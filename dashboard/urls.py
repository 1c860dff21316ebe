"""The dashboard's addresses."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from dashboard.pages.adopt import adopt_trades
from dashboard.pages.block_group import block_group
from dashboard.pages.cancel_order import cancel_order
from dashboard.pages.close_group import close_group
from dashboard.pages.flower import flower
from dashboard.pages.health import live, ready
from dashboard.pages.icon import favicon
from dashboard.pages.kill import confirm_leave, kill, request_leave
from dashboard.pages.login import Login
from dashboard.pages.lost import lost, settle_lost
from dashboard.pages.mode import change_mode
from dashboard.pages.offset import offset_page, run_offset, skip_offset
from dashboard.pages.overview import overview
from dashboard.pages.preview import preview_api, preview_page
from dashboard.pages.queue import promote, remove
from dashboard.pages.replay import replay
from dashboard.pages.settle import settle
from dashboard.pages.shadow import shadow, shadow_csv, shadow_import
from dashboard.pages.tasks import tasks

app_name = "dashboard"
urlpatterns = [
    path("", overview, name="overview"),
    path("accounts/<int:account_id>/adopt", adopt_trades, name="adopt"),
    path("alerts/<int:alert_id>/replay", replay, name="replay"),
    path("api/preview", preview_api, name="preview_api"),
    path("favicon.ico", favicon, name="favicon"),
    path("flower/", flower, name="flower"),
    path("flower/<path:rest>", flower),
    path("groups/<int:group_id>/block", block_group, name="block_group"),
    path("groups/<int:group_id>/close", close_group, name="close_group"),
    path("groups/<int:group_id>/offset", run_offset, name="run_offset"),
    path("groups/<int:group_id>/skip", skip_offset, name="skip_offset"),
    path("health/live", live, name="health_live"),
    path("health/ready", ready, name="health_ready"),
    path("kill", kill, name="kill"),
    path("kill/confirm", confirm_leave, name="confirm_leave"),
    path("kill/leave", request_leave, name="request_leave"),
    path("login", Login.as_view(), name="login"),
    path("logout", LogoutView.as_view(http_method_names=["post"]), name="logout"),
    path("lost", lost, name="lost"),
    path("lost/<int:lost_id>/<slug:choice>", settle_lost, name="settle_lost"),
    path("mode", change_mode, name="mode"),
    path("offset", offset_page, name="offset"),
    path("orders/<int:order_id>/cancel", cancel_order, name="cancel_order"),
    path("orders/<int:order_id>/settle/<slug:ending>", settle, name="settle"),
    path("preview", preview_page, name="preview"),
    path("shadow", shadow, name="shadow"),
    path("shadow.csv", shadow_csv, name="shadow_csv"),
    path("shadow/<int:source_id>/import", shadow_import, name="shadow_import"),
    path("tasks", tasks, name="tasks"),
    path("queue/<int:queued_id>/promote", promote, name="promote"),
    path("queue/<int:queued_id>/remove", remove, name="remove"),
]
