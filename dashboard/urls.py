"""The dashboard's addresses."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from dashboard.pages.adopt import adopt_trades
from dashboard.pages.block_group import block_group
from dashboard.pages.cancel_order import cancel_order
from dashboard.pages.close_group import close_group
from dashboard.pages.health import live, ready
from dashboard.pages.icon import favicon
from dashboard.pages.login import Login
from dashboard.pages.mode import change_mode
from dashboard.pages.overview import overview
from dashboard.pages.queue import promote, remove
from dashboard.pages.replay import replay
from dashboard.pages.settle import settle
from dashboard.pages.tasks import tasks

app_name = "dashboard"
urlpatterns = [
    path("", overview, name="overview"),
    path("accounts/<int:account_id>/adopt", adopt_trades, name="adopt"),
    path("alerts/<int:alert_id>/replay", replay, name="replay"),
    path("favicon.ico", favicon, name="favicon"),
    path("groups/<int:group_id>/block", block_group, name="block_group"),
    path("groups/<int:group_id>/close", close_group, name="close_group"),
    path("health/live", live, name="health_live"),
    path("health/ready", ready, name="health_ready"),
    path("login", Login.as_view(), name="login"),
    path("logout", LogoutView.as_view(http_method_names=["post"]), name="logout"),
    path("mode", change_mode, name="mode"),
    path("orders/<int:order_id>/cancel", cancel_order, name="cancel_order"),
    path("orders/<int:order_id>/settle/<slug:ending>", settle, name="settle"),
    path("tasks", tasks, name="tasks"),
    path("queue/<int:queued_id>/promote", promote, name="promote"),
    path("queue/<int:queued_id>/remove", remove, name="remove"),
]
