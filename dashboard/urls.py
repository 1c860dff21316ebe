"""The dashboard's addresses."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from dashboard.pages.health import live, ready
from dashboard.pages.login import Login
from dashboard.pages.mode import change_mode
from dashboard.pages.overview import overview

app_name = "dashboard"
urlpatterns = [
    path("", overview, name="overview"),
    path("health/live", live, name="health_live"),
    path("health/ready", ready, name="health_ready"),
    path("login", Login.as_view(), name="login"),
    path("logout", LogoutView.as_view(http_method_names=["post"]), name="logout"),
    path("mode", change_mode, name="mode"),
]
