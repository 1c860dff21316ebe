"""Settings shared by every process. Variables are read in environment.py, next door."""

from typing import Any

import django_stubs_ext

from project.logging import configuration
from project.settings import environment
from project.settings.api import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401 - settings of the API
from project.settings.environment import BASE_DIR
from project.settings.security import *  # noqa: F403 - log-in, second factors, lockout, content policy
from project.settings.security import WEB_APPS

django_stubs_ext.monkeypatch()

WINDLASS = environment.windlass()
SECRET_KEY = environment.secret_key(WINDLASS.home)
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *environment.hosts()]
CSRF_TRUSTED_ORIGINS = list(environment.words("WINDLASS_ORIGINS"))

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin.apps.SimpleAdminConfig",  # project.urls discovers it: only the web process carries its pages
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "channels",
    "drf_spectacular_sidecar",  # the interactive page of the API: its files come from here
    "project.accounts",
    "project.journal",
    "signals",
    "risk",
    "trading",
    "dashboard",
    "dashboard.notices",
    *WEB_APPS,  # after ours, whose templates come first
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "dashboard.security.ContentSecurityPolicy",
    "allauth.account.middleware.AccountMiddleware",
    "dashboard.security.AdminDoor",
    "dashboard.sealed.Sealed",
    "dashboard.users_sessions.Seen",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "NAME": "django",
        "BACKEND": "dashboard.bidi.Templates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

ROOT_URLCONF = "project.urls"
ASGI_APPLICATION = "project.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
# A language's own formats win over DATETIME_FORMAT: ours stand where Django looks first.
FORMAT_MODULE_PATH = "project.formats"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Found in the apps' own folders: no collectstatic step between `make up` and the first page.
WHITENOISE_USE_FINDERS = True

DATABASES = {
    "default": environment.database(
        environment.service_url("DATABASE_URL", "database_url", "postgresql://windlass_app@127.0.0.1:15432/windlass"),
        pooled=environment.flag("WINDLASS_DB_POOL", default=False),
    ),
}

REDIS_URL = environment.broker_url()
CHANNEL_LAYERS = {
    "default": {
        # The pub/sub layer loses no burst; the queue-based one lost 68 % of it with 50 browsers.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "windlass"},
    },
}

# Whether notifications may go to hosts of one's own network: a trader could otherwise ask what listens there.
NOTICES_PRIVATE = environment.flag("WINDLASS_NOTICES_PRIVATE", default=False)

UNFOLD = {
    "SITE_TITLE": "Windlass",
    "SITE_HEADER": "Windlass",
    "SITE_SYMBOL": "anchor",
    "SITE_URL": "/",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "dashboard.look.icon"}],
    "COLORS": {"primary": "dashboard.look.accent"},
    "SIDEBAR": {"show_search": True, "navigation": "dashboard.look.sidebar"},
}

LOGGING = configuration(level=WINDLASS.log_level)
