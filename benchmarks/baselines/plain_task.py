"""The plain way to give alerts their outcome: one Celery task for each, and one UPDATE."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.local")
app = Celery("plain", set_as_current=False)  # whoever imports this keeps the app it has
app.conf.update(
    broker_url=os.environ.get("REDIS_URL", ""),
    task_default_queue="plain",
    task_ignore_result=True,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)


@app.task(name="plain.decide")
def decide(alert_id: int) -> None:
    """One alert, one row."""
    from django.utils import timezone

    from signals.models import Alert

    Alert.objects.filter(pk=alert_id, outcome="").update(outcome="PLAIN", decided_at=timezone.now())
