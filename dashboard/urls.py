"""The dashboard's addresses."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from dashboard import notices_urls, users_urls
from dashboard.api.document import api_page
from dashboard.pages.accounts import account_keys, account_page, accounts_page, add_account, edit_account
from dashboard.pages.accounts_deeds import arm_account, disarm_account, remove_keys, run_preflight, run_test_order
from dashboard.pages.adopt import adopt_trades
from dashboard.pages.api_tokens import api_tokens, revoke_token
from dashboard.pages.block_group import block_group
from dashboard.pages.cancel_order import cancel_order
from dashboard.pages.chart import chart_data, chart_marks, chart_page, draw, erase_drawing, move_drawing
from dashboard.pages.close_group import close_group
from dashboard.pages.flower import ASKED_BY_POST, flower
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
from dashboard.pages.settings import change_settings, preview_settings, settings_page
from dashboard.pages.settings_file import export_settings, import_settings
from dashboard.pages.settings_requests import answer_request
from dashboard.pages.settings_versions import roll_back_settings, setting_versions_page
from dashboard.pages.settle import settle
from dashboard.pages.shadow import shadow, shadow_csv, shadow_import
from dashboard.pages.signals import signal_page, signals_csv, signals_page, why_page
from dashboard.pages.tasks import tasks
from dashboard.pages.ticket import ticket_page
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
    path("accounts", accounts_page, name="accounts"),
    path("accounts/new", add_account, name="add_account"),
    path("accounts/<int:account_id>", account_page, name="account"),
    path("accounts/<int:account_id>/arm", arm_account, name="arm_account"),
    path("accounts/<int:account_id>/edit", edit_account, name="edit_account"),
    path("accounts/<int:account_id>/keys", account_keys, name="account_keys"),
    path("accounts/<int:account_id>/keys/remove", remove_keys, name="remove_keys"),
    path("accounts/<int:account_id>/off", disarm_account, name="disarm_account"),
    path("accounts/<int:account_id>/preflight", run_preflight, name="run_preflight"),
    path("accounts/<int:account_id>/test-order", run_test_order, name="run_test_order"),
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
    path("chart", chart_page, name="chart"),
    path("chart/data", chart_data, name="chart_data"),
    path("chart/drawings", draw, name="chart_draw"),
    path("chart/drawings/<int:drawing_id>", move_drawing, name="chart_move"),
    path("chart/drawings/<int:drawing_id>/erase", erase_drawing, name="chart_erase"),
    path("chart/marks", chart_marks, name="chart_marks"),
    path("favicon.ico", favicon, name="favicon"),
    path("flower/", flower, name="flower"),
    path(f"flower/{ASKED_BY_POST}", flower, {"rest": ASKED_BY_POST}, name="flower_tasks"),
    path("flower/<path:rest>", flower, name="flower_page"),
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
    path("settings", settings_page, name="settings"),
    path("settings/change", change_settings, name="settings_change"),
    path("settings/export.json", export_settings, name="settings_export"),
    path("settings/import", import_settings, name="settings_import"),
    path("settings/preview", preview_settings, name="settings_preview"),
    path("settings/requests/<int:request_id>/<slug:answer>", answer_request, name="settings_request"),
    path("settings/versions", setting_versions_page, name="settings_versions"),
    path("settings/versions/<int:version_id>/<slug:way>", roll_back_settings, name="settings_roll_back"),
    path("shadow", shadow, name="shadow"),
    path("shadow.csv", shadow_csv, name="shadow_csv"),
    path("shadow/<int:source_id>/import", shadow_import, name="shadow_import"),
    path("signals", signals_page, name="signals"),
    path("signals.csv", signals_csv, name="signals_csv"),
    path("signals/<int:alert_id>", signal_page, name="signal"),
    path("signals/why", why_page, name="why"),
    path("tasks", tasks, name="tasks"),
    path("ticket", ticket_page, name="ticket"),
    path("queue/<int:queued_id>/promote", promote, name="promote"),
    path("queue/<int:queued_id>/remove", remove, name="remove"),
    *notices_urls.PAGES,
    *users_urls.PAGES,
]
