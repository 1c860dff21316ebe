"""The body of a write: JSON, and nothing that could not be kept or said again."""

import json
from typing import Any

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

TOO_DEEP = "JSON: lists or objects are nested too deeply."
NO_TEXT = "JSON: a name or a text holds half a character (a lone surrogate); send whole ones."


class Json(JSONParser):
    """JSON whose texts are texts, names of fields included."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The body as Python has it. Raises ParseError, ValidationError."""
        try:
            found = super().parse(stream, media_type, parser_context)
            json.dumps(found, ensure_ascii=False).encode()
        except RecursionError:
            raise ParseError(TOO_DEEP) from None
        except UnicodeEncodeError:
            raise ValidationError(NO_TEXT) from None
        return found
