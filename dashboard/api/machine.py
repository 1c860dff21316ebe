"""The machine: what rings when, what waits in which queue, and whether every part is well."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.base import Edge
from dashboard.readiness import reasons
from dashboard.task_queues import bells, queues
from trading.services.status import canary_age


class TaskQueueSerializer(serializers.Serializer):
    """A queue of tasks; `waiting` is null while Valkey does not answer."""

    name = serializers.CharField()
    tasks = serializers.ListField(child=serializers.CharField())
    waiting = serializers.IntegerField(allow_null=True)


class BellSerializer(serializers.Serializer):
    """What is rung for every account, and how often."""

    task = serializers.CharField()
    every_secs = serializers.FloatField()


class TasksSerializer(serializers.Serializer):
    canary_age_secs = serializers.FloatField(allow_null=True, help_text="Since a worker last answered.")
    queues = TaskQueueSerializer(many=True)
    bells = BellSerializer(many=True)


class HealthSerializer(serializers.Serializer):
    """Per part `ok`, or why it is not."""

    ready = serializers.BooleanField()
    parts = serializers.DictField(child=serializers.CharField())


class Tasks(Edge):
    """Queues and bells."""

    @extend_schema(responses=TasksSerializer)
    def get(self, request: Request) -> Response:
        """As they are now."""
        shown = {"canary_age_secs": canary_age(now=timezone.now()), "queues": queues(), "bells": bells()}
        return Response(TasksSerializer(shown).data)


class Health(Edge):
    """Whether every part does its work."""

    @extend_schema(responses=HealthSerializer)
    def get(self, request: Request) -> Response:
        """Each part, asked by talking to it."""
        found = reasons(timezone.now())
        parts = {name: reason or "ok" for name, reason in found.items()}
        return Response({"ready": not any(found.values()), "parts": parts})
