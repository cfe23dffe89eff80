"""The API as a whole: its operations, its description (OpenAPI 3.1, kept as a file), its addresses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, re_path
from ninja import NinjaAPI
from ninja.parser import Parser

from lingtan.web.api import account, series
from lingtan.web.api.keys import Bearer, PerMinute
from lingtan.web.api.problems import MEDIA_TYPE, Problem, absent, guarded, handle
from lingtan.web.api.records import body_of, router_of
from lingtan.web.kernel.register import registers

SNAPSHOT = Path(__file__).parent / "openapi.json"
PREFIX = "/api/v1"
VERSION = "1.0.0"
ABOUT = (
    "Records, accounts and series of the parks that a token's owner has a part in. A foreign object is 404. "
    "Errors are problems (RFC 9457). See docs/api.md."
)
HEADERS = {"X-Request-ID": {"description": "Id of the request.", "schema": {"type": "string"}}}


class ExactParser(Parser):
    """Reads JSON without losing digits, and nothing else."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the body as Python values."""
        return body_of(request)


def make() -> NinjaAPI:
    """Build the API from the registers."""
    api = NinjaAPI(
        title="Lingtan", version=VERSION, description=ABOUT, urls_namespace="api", docs_url=None, openapi_url=None,
        auth=Bearer(), throttle=PerMinute(), parser=ExactParser(),
    )  # fmt: skip
    handle(api)
    api.add_router("", account.router)
    api.add_router("", series.router)
    for register in registers():
        api.add_router("", router_of(register))
    return api


def document(api: NinjaAPI) -> dict[str, Any]:
    """Return the description: errors have the media type of problems, what is public says so."""
    made = json.loads(json.dumps(api.get_openapi_schema(path_prefix=PREFIX)))
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    made["components"]["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in made["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                response["headers"] = HEADERS
                if int(status) >= 400:
                    shared = {"description": response["description"], "headers": HEADERS, "content": content}
                    made["components"].setdefault("responses", {})[f"Problem{status}"] = shared
                    operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}
    return made


def text_of(api: NinjaAPI) -> str:
    """Return the description as the file has it."""
    return json.dumps(document(api), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def described(request: HttpRequest) -> Any:
    """Give the description that is kept with the code."""
    from django.http import HttpResponse

    return HttpResponse(SNAPSHOT.read_bytes(), content_type="application/json")


def addresses() -> list[URLPattern]:
    """Return the addresses below ``/api/v1/``; every view answers errors as problems."""
    api = make()
    found = [one for one in api.urls[0] if isinstance(one, URLPattern) and one.name != "api-root"]
    for one in found:
        one.callback = guarded(one.callback)
    return [
        re_path(r"^openapi\.json$", guarded(described), name="api_description"),
        *found,
        re_path(r"^(?P<path>.*)$", guarded(absent), name="api_absent"),
    ]
