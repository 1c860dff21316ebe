"""The dashboard's addresses."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from dashboard.api.document import api_page
from dashboard.pages.adopt import adopt_trades
from dashboard.pages.api_tokens import api_tokens, revoke_token
from dashboard.pages.block_group import block_group
from dashboard.pages.cancel_order import cancel_order
from dashboard.pages.close_group import close_group
from dashboard.pages.flower import flower
from dashboard.pages.group_deeds import add_to_group, edit_group_exits
from dashboard.pages.groups import group_page, groups_page
from dashboard.pages.health import live, ready
from dashboard.pages.history import history, history_csv, performance
from dashboard.pages.icon import favicon
from dashboard.pages.kill import confirm_leave, kill, request_leave
from dashboard.pages.login import Login
from dashboard.pages.logs import logs, logs_csv
from dashboard.pages.lost import lost, settle_lost
from dashboard.pages.mode import change_mode
from dashboard.pages.offset import offset_page, run_offset, skip_offset
from dashboard.pages.overview import overview
from dashboard.pages.pool import pool_page
from dashboard.pages.preview import preview_api, preview_page
from dashboard.pages.queue import promote, remove
from dashboard.pages.replay import replay
from dashboard.pages.risk import risk_page
from dashboard.pages.sealed import sealed_page, withdraw_change
from dashboard.pages.settle import settle
from dashboard.pages.shadow import shadow, shadow_csv, shadow_import
from dashboard.pages.tasks import tasks
from dashboard.pages.troubles import (
    books,
    put_back_dust,
    settle_difference,
    take_back_waiver,
    undo_difference,
    waive_exit,
    write_off_dust,
)

app_name = "dashboard"
urlpatterns = [
    path("", overview, name="overview"),
    path("accounts/<int:account_id>/adopt", adopt_trades, name="adopt"),
    path("alerts/<int:alert_id>/replay", replay, name="replay"),
    path("api", api_page, name="api_page"),
    path("api/tokens", api_tokens, name="api_tokens"),
    path("api/tokens/<int:token_id>/revoke", revoke_token, name="revoke_token"),
    path("api/preview", preview_api, name="preview_api"),
    path("api/v1/", include("dashboard.api.urls")),
    path("books", books, name="books"),
    path("books/differences/<int:row_id>/undo", undo_difference, name="undo_difference"),
    path("books/differences/<int:row_id>/<slug:choice>", settle_difference, name="settle_difference"),
    path("books/dust/<int:group_id>/put-back", put_back_dust, name="put_back_dust"),
    path("books/dust/<int:group_id>/write-off", write_off_dust, name="write_off_dust"),
    path("books/exits/<int:group_id>/take-back", take_back_waiver, name="take_back_waiver"),
    path("books/exits/<int:group_id>/waive", waive_exit, name="waive_exit"),
    path("favicon.ico", favicon, name="favicon"),
    path("flower/", flower, name="flower"),
    path("flower/<path:rest>", flower),
    path("groups", groups_page, name="groups"),
    path("groups/<int:group_id>", group_page, name="group"),
    path("groups/<int:group_id>/add", add_to_group, name="add_to_group"),
    path("groups/<int:group_id>/block", block_group, name="block_group"),
    path("groups/<int:group_id>/close", close_group, name="close_group"),
    path("groups/<int:group_id>/exits", edit_group_exits, name="edit_group_exits"),
    path("groups/<int:group_id>/offset", run_offset, name="run_offset"),
    path("groups/<int:group_id>/skip", skip_offset, name="skip_offset"),
    path("health/live", live, name="health_live"),
    path("health/ready", ready, name="health_ready"),
    path("history", history, name="history"),
    path("history/<slug:name>.csv", history_csv, name="history_csv"),
    path("kill", kill, name="kill"),
    path("kill/confirm", confirm_leave, name="confirm_leave"),
    path("kill/leave", request_leave, name="request_leave"),
    path("login", Login.as_view(), name="login"),
    path("logout", LogoutView.as_view(http_method_names=["post"]), name="logout"),
    path("logs", logs, name="logs"),
    path("logs.csv", logs_csv, name="logs_csv"),
    path("lost", lost, name="lost"),
    path("lost/<int:lost_id>/<slug:choice>", settle_lost, name="settle_lost"),
    path("mode", change_mode, name="mode"),
    path("offset", offset_page, name="offset"),
    path("orders/<int:order_id>/cancel", cancel_order, name="cancel_order"),
    path("orders/<int:order_id>/settle/<slug:ending>", settle, name="settle"),
    path("performance", performance, name="performance"),
    path("pool", pool_page, name="pool"),
    path("preview", preview_page, name="preview"),
    path("risk", risk_page, name="risk"),
    path("sealed", sealed_page, name="sealed"),
    path("sealed/<int:change_id>/withdraw", withdraw_change, name="withdraw_change"),
    path("shadow", shadow, name="shadow"),
    path("shadow.csv", shadow_csv, name="shadow_csv"),
    path("shadow/<int:source_id>/import", shadow_import, name="shadow_import"),
    path("tasks", tasks, name="tasks"),
    path("queue/<int:queued_id>/promote", promote, name="promote"),
    path("queue/<int:queued_id>/remove", remove, name="remove"),
]
