"""The dashboard's sockets."""

from django.urls import path

from dashboard.consumers import Live

websocket_urlpatterns = [path("ws/live", Live.as_asgi())]
