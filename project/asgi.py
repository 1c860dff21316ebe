"""The web process: pages and admin over HTTP, live frames over WebSocket."""

import gc
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.local")
http = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402  (Django must be set up before these are imported)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from dashboard.routing import websocket_urlpatterns  # noqa: E402
from dashboard.security_sockets import OwnOrigin  # noqa: E402
from project import urls  # noqa: E402, F401  (every page, before the collector's books are closed)

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AllowedHostsOriginValidator(OwnOrigin(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))),
    }
)

# A search for garbage through all that was loaded takes a tenth of a second, in which no page moves: it leaves that out,
# and comes rarely enough that a reading of the page does not meet it each time.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
