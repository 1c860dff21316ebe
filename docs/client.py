"""`python -m docs.client [--check]`: write the Python client from the API's own schema, or say that it is out of date.

The client stands in docs/examples/windlass_client.py; it needs nothing but Python.
"""

import keyword
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from docs.facts import ROOT, text

PLACE = ROOT / "docs/examples/windlass_client.py"
FRAME = ROOT / "docs/client_frame.txt"
TYPES_MARK, METHODS_MARK = "# types\n", "    # methods\n"
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
KEY = "Idempotency-Key"
SHADOWS = frozenset({"id", "open"})
# Names that an argument must not take from Python.
Schema = Mapping[str, Any]


def written(document: Schema) -> str:
    """The client as it should be."""
    frame = text(FRAME).replace(TYPES_MARK, "\n".join(types(document["components"]["schemas"])))
    return formatted(frame.replace(METHODS_MARK, "\n".join(methods(document["paths"]))))


def formatted(code: str) -> str:
    """As the house writes it."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(PLACE), "-"],
        input=code,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


# types -------------------------------------------------------------------------------------------


def types(schemas: Mapping[str, Schema]) -> Iterator[str]:
    """Every component; enums first, for the others name them."""
    for name, schema in sorted(schemas.items(), key=lambda pair: ("enum" not in pair[1], pair[0])):
        if "enum" in schema:
            yield f"{name} = Literal[{', '.join(repr(value) for value in schema['enum'])}]"
        elif not name.startswith("Paginated") and not name.endswith("Request"):
            yield from typed_dict(name, schema)


def typed_dict(name: str, schema: Schema) -> Iterator[str]:
    """One component as a TypedDict."""
    yield f"\n\nclass {name}(TypedDict):\n    {said(schema.get('description') or f'{name}.')}\n"
    required = set(schema.get("required", ()))
    for field, inner in schema.get("properties", {}).items():
        kind = type_of(inner)
        yield f"    {field}: {kind if field in required else f'NotRequired[{kind}]'}"


def type_of(schema: Schema) -> str:
    """A schema as a Python type."""
    kind = _bare(schema)
    return f"{kind} | None" if schema.get("nullable") else kind


def _bare(schema: Schema) -> str:
    if "$ref" in schema:
        return _reference(schema["$ref"].rpartition("/")[2])
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(type_of(one) for one in schema[several]))
    if schema.get("type") == "array":
        return f"list[{type_of(schema['items'])}]"
    if schema.get("type") == "object":
        return _object(schema)
    if "enum" in schema:
        return f"Literal[{', '.join(repr(value) for value in schema['enum'])}]"
    return PLAIN.get(schema.get("type", ""), "Any")


def _reference(name: str) -> str:
    page = re.fullmatch(r"Paginated(\w+)List", name)
    return f"Page[{page[1]}]" if page else name


def _object(schema: Schema) -> str:
    inner = schema.get("additionalProperties")
    return f"dict[str, {type_of(inner) if isinstance(inner, Mapping) and inner else 'Any'}]"


def said(words: str) -> str:
    """A docstring of one line."""
    line = " ".join(words.split()).replace('"', "'")
    return f'"""{line}"""'


# methods -----------------------------------------------------------------------------------------


def methods(paths: Mapping[str, Mapping[str, Schema]]) -> Iterator[str]:
    """A method for every operation."""
    for path, operations in paths.items():
        for method, operation in operations.items():
            yield method_of(path, method, operation)


def method_of(path: str, method: str, operation: Schema) -> str:
    """One operation."""
    parameters = operation.get("parameters", [])
    places = [one for one in parameters if one["in"] == "path"]
    query = [one for one in parameters if one["in"] == "query"]
    keyed = any(one["name"] == KEY for one in parameters)
    body = _body(operation)
    named = [*_body_arguments(body), *(_optional(one) for one in query), *(["key: str | None = None"] if keyed else [])]
    arguments = ["self", *(f"{_safe(one['name'])}: {type_of(one['schema'])}" for one in places)]
    if named:
        arguments += ["*", *sorted(named, key=lambda argument: "= None" in argument)]
    call = [f'"{method.upper()}"', f'f"{_formatted(path)}"' if places else f'"{path}"']
    call += [f"query={{{_pairs(one['name'] for one in query)}}}"] if query else []
    call += [f"body={{{_pairs(body.get('properties', {}))}}}"] if body else []
    call += ["key=key"] if keyed else []
    words = said(operation.get("description", ""))
    head = f"    def {operation['operationId']}({', '.join(arguments)}) -> {_answer(operation)}:"
    found = f"found: {_answer(operation)} = self._call({', '.join(call)})"
    return f"\n{head}\n        {words}\n        {found}\n        return found"


def _body(operation: Schema) -> Schema:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    name = content.get("$ref", "").rpartition("/")[2]
    found: Schema = COMPONENTS.get(name, {})
    return found


COMPONENTS: dict[str, Schema] = {}
# Of the document that is written: bodies are components, and their fields a method's arguments.


def _body_arguments(body: Schema) -> list[str]:
    required = set(body.get("required", ()))
    return [
        f"{_safe(name)}: {type_of(schema)}" + ("" if name in required else " | None = None")
        for name, schema in body.get("properties", {}).items()
    ]


def _optional(parameter: Schema) -> str:
    kind = f"{_safe(parameter['name'])}: {type_of(parameter['schema'])}"
    return kind if parameter.get("required") else f"{kind} | None = None"


def _pairs(names: Any) -> str:
    return ", ".join(f'"{name}": {_safe(name)}' for name in names)


def _formatted(path: str) -> str:
    """A path whose places are the arguments."""
    return re.sub(r"\{(\w+)\}", lambda place: "{" + _safe(place[1]) + "}", path)


def _safe(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) or name in SHADOWS else name


def _answer(operation: Schema) -> str:
    good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    bodies = [body["schema"] for body in good.get("content", {}).values()]  # JSON, or the text of a file
    return type_of(bodies[0]) if bodies else "None"


# the command -------------------------------------------------------------------------------------


def current() -> str:
    """The client of the code as it is; Django has to be set up."""
    from dashboard.api import schema

    document = schema.document()
    COMPONENTS.clear()
    COMPONENTS.update(document["components"]["schemas"])
    return written(document)


def main(arguments: list[str]) -> int:
    """Write it, or with --check only say whether it is current; 1 when it is not."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.test")
    os.environ.setdefault("WINDLASS_SECRET_KEY", "only documents are written")
    import django

    django.setup()
    wanted = current()
    if "--check" in arguments:
        is_stale = not PLACE.exists() or text(PLACE) != wanted
        sys.stdout.write(f"{PLACE.relative_to(ROOT)} is out of date: python -m docs.client\n" if is_stale else "")
        return int(is_stale)
    PLACE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
