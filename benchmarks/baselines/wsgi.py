"""Serves the plain view: our settings but for middleware and routes."""

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

django.setup()  # apps look for their middleware while they load
settings.MIDDLEWARE = []
settings.ROOT_URLCONF = "benchmarks.baselines.django_view"
app = get_wsgi_application()
