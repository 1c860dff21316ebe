"""Serves the plain view: our settings but for middleware and routes."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.MIDDLEWARE = []
settings.ROOT_URLCONF = "benchmarks.baselines.django_view"
app = get_wsgi_application()
