"""How the REST API answers: keys, scopes, limits, problem details, and its OpenAPI schema."""

from typing import Any

API = "dashboard.api"
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [f"{API}.authentication.Bearer", f"{API}.authentication.Session"],
    "DEFAULT_PERMISSION_CLASSES": [f"{API}.permissions.Scoped"],
    "DEFAULT_THROTTLE_CLASSES": [f"{API}.throttles.PerMinute"],
    "DEFAULT_PAGINATION_CLASS": f"{API}.paging.ByCursor",
    "DEFAULT_RENDERER_CLASSES": [f"{API}.idempotency.Renderer"],
    "DEFAULT_PARSER_CLASSES": [f"{API}.parsers.Json"],
    "DEFAULT_SCHEMA_CLASS": f"{API}.schema.Schema",
    "EXCEPTION_HANDLER": f"{API}.problems.handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,
    "FORMAT_SUFFIX_KWARG": None,
    "NUM_PROXIES": 0,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Windlass",
    "DESCRIPTION": "Everything the screens do, for programs. Numbers of money are text; times are UTC.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "ChannelKind": "dashboard.notices.models.KIND_CHOICES",
        "CheckupKind": "project.accounts.models.Checkup.Kind",
        "Environment": "project.accounts.models.Environment",
        "GroupState": "dashboard.api.groups.STATES",
        "GroupStatus": "trading.domain.vocabulary.GroupStatus",
        "LostState": "signals.models.LostAlert.State",
        "NoticeState": "dashboard.notices.models.Notice.State",
        "OffsetRunState": "trading.domain.offset_saga.RunState",
        "OffsetStepState": "trading.domain.offset_saga.StepState",
        "OrderState": "trading.domain.order_state.OrderState",
        "PositionSide": "trading.domain.vocabulary.PositionSide",
        "QueueState": "trading.models.queue.QueuedSignal.State",
        "Scope": "dashboard.models.SCOPES",
        "Side": "trading.domain.vocabulary.Side",
        "SourceKind": "signals.models.Source.Kind",
        "TradingMode": "project.accounts.models.TradingMode.Mode",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        f"{API}.schema.problems",
    ],
    "PREPROCESSING_HOOKS": [],
}
