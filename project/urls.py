"""Every address the web process answers."""

from django.contrib import admin
from django.urls import include, path

admin.autodiscover()
urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("dashboard.urls")),
    path("", include("dashboard.users_urls")),
]
