"""Every error of the API as a problem (RFC 9457): what was expected, what came, what to do, under one request id."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as Refused
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.errors import Throttled as TooMany

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:lingtan:problem:"
log = logging.getLogger("lingtan.api")

#: status -> code, title, what to do where nothing more is known
TABLE: Mapping[int, tuple[str, Any, Any]] = {
    400: ("bad-request", _("The request cannot be read"), _("Send a JSON object in UTF-8.")),
    401: ("unauthorized", _("No valid token"), _("Send the header Authorization: Bearer with a token that holds.")),
    403: ("forbidden", _("Not allowed"), _("Neither the token's scopes nor its owner's role allow this.")),
    404: ("not-found", _("Not found"), _("There is nothing here that you may see.")),
    405: ("method-not-allowed", _("Method not allowed"), _("See the header Allow for what this address takes.")),
    409: ("conflict", _("In conflict with another request"), _("Use a new Idempotency-Key for another request.")),
    412: ("stale", _("Changed by somebody else"), _("Read the record again and send its version in If-Match.")),
    413: ("too-large", _("The request is too large"), _("Send less in one request.")),
    415: ("unsupported-media-type", _("Unsupported media type"), _("Send Content-Type: application/json.")),
    422: ("invalid", _("Values that cannot be accepted"), _("Mend what the errors name; nothing was written.")),
    428: ("version-needed", _("Version needed"), _("Send the record's version in If-Match, as ETag gave it.")),
    429: ("too-many-requests", _("Too many requests"), _("Wait as long as Retry-After says.")),
    500: ("internal", _("The server failed"), _("Report the request id to those who run the platform.")),
}


class Fault(Schema):
    """One thing that is wrong: where (``body``, ``query``, ``path``, ``header``), in which field, and why."""

    place: str
    field: str
    message: str


class Problem(Schema):
    """An error; ``code`` is stable, the words follow Accept-Language."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[Fault]


class ProblemError(Exception):
    """A problem raised on purpose."""

    def __init__(
        self, status: int, detail: Any = "", *, code: str = "", errors: Sequence[Mapping[str, str]] = ()
    ) -> None:
        super().__init__(str(detail))
        self.status, self.detail, self.code, self.errors = status, detail, code, errors


def answer(
    request: HttpRequest, status: int, detail: Any = "", *, code: str = "", errors: Sequence[Mapping[str, str]] = ()
) -> HttpResponse:
    """Make the response of a problem."""
    usual, title, todo = TABLE[status]
    body = {
        "type": TYPE + (code or usual),
        "title": str(title),
        "status": status,
        "detail": str(detail or todo),
        "code": code or usual,
        "request_id": request_id(request),
        "errors": list(errors),
    }
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=MEDIA_TYPE)


def request_id(request: HttpRequest) -> str:
    """Return the id under which logs, history and the answer know a request."""
    if not getattr(request, "request_id", ""):
        request.request_id = str(uuid.uuid4())
    return str(request.request_id)


def handle(api: NinjaAPI) -> None:
    """Tell an API to answer every exception with a problem."""
    api.add_exception_handler(ProblemError, lambda r, e: answer(r, e.status, e.detail, code=e.code, errors=e.errors))
    api.add_exception_handler(AuthenticationError, lambda r, _e: _challenge(answer(r, 401)))
    api.add_exception_handler(TooMany, lambda r, _e: answer(r, 429))
    api.add_exception_handler(HttpError, _http)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(Refused, _refused)
    api.add_exception_handler(PermissionDenied, lambda r, _e: answer(r, 403))
    api.add_exception_handler(Http404, lambda r, _e: answer(r, 404))
    api.add_exception_handler(DataError, lambda r, _e: answer(r, 422))


def _http(request: HttpRequest, wrong: HttpError) -> HttpResponse:
    """Answer what the framework refused; a problem of our own behind it (the parser's) is told as it is."""
    cause = wrong.__cause__
    if isinstance(cause, ProblemError):
        return answer(request, cause.status, cause.detail, code=cause.code, errors=cause.errors)
    return answer(request, wrong.status_code if wrong.status_code in TABLE else 400)


def _challenge(response: HttpResponse) -> HttpResponse:
    response["WWW-Authenticate"] = 'Bearer realm="lingtan"'
    return response


def _invalid(request: HttpRequest, wrong: ValidationError) -> HttpResponse:
    """Name every value that does not fit its schema."""
    errors = []
    for one in wrong.errors:
        place, *path = [str(part) for part in one["loc"]]
        errors.append({"place": place, "field": ".".join(path[1:] or path), "message": str(one["msg"])})
    return answer(request, 422, errors=errors)


def _refused(request: HttpRequest, wrong: Refused) -> HttpResponse:
    """Name every field that an action does not accept; ``__all__`` is the record as a whole."""
    said = wrong.message_dict if hasattr(wrong, "error_dict") else {"__all__": wrong.messages}
    errors = [{"place": "body", "field": name, "message": text} for name, texts in said.items() for text in texts]
    return answer(request, 422, errors=errors)


def guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a view of the API: request id on every answer, no page of HTML, no traceback."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "\x00" in request.path or "\x00" in "".join(
            value for key in request.GET for value in request.GET.getlist(key)
        ):
            response = answer(request, 404 if "\x00" in request.path else 422)
        else:
            response = _run(view, request, args, kwargs)
        response["X-Request-ID"] = request_id(request)
        for name, value in getattr(request, "rate", {}).items():
            response[name] = str(value)
        response["Cache-Control"] = "no-store"
        return response

    inner.csrf_exempt = True
    return inner


def _run(view: Callable[..., HttpResponse], request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse:
    try:
        response = view(request, *args, **kwargs)
    except Exception:  # the last net: what nobody foresaw is told as a problem and logged with its id
        log.exception("request %s failed", request_id(request))
        return answer(request, 500)
    if response.status_code == 405:
        allowed = response.headers.get("Allow", "")
        response = answer(request, 405)
        response["Allow"] = allowed
    return response


def absent(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer an address of the API that there is not."""
    return answer(request, 404)
