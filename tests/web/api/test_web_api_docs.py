"""The description kept with the code is current; the examples of the page run as they stand."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest

from lingtan import client as module

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")


class Answer(io.BytesIO):
    headers: dict[str, str]


@pytest.fixture
def wired(program: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Lead the client's requests into the platform and return a function that makes a client of a role."""
    from django.test import Client as Browser

    def urlopen(request: Any, timeout: float) -> Any:
        parts = urlsplit(request.full_url)
        headers = {name.lower(): value for name, value in request.headers.items()}
        kind = headers.pop("content-type", "application/octet-stream")
        answer = Browser().generic(
            request.get_method(), f"{parts.path}?{parts.query}", request.data or b"", content_type=kind, headers=headers
        )
        if answer.status_code >= 400:
            said = Message()
            for name, value in answer.headers.items():
                said[name] = value
            raise HTTPError(
                request.full_url, answer.status_code, answer.reason_phrase, said, io.BytesIO(answer.content)
            )
        made = Answer(answer.getvalue())
        made.headers = dict(answer.headers)
        return made

    monkeypatch.setattr(module, "urlopen", urlopen)

    def make(role: str = "office", enterprise: str = "", **more: Any) -> module.Client:
        return module.Client("https://park.example", program(role, enterprise).key, language="en", **more)

    return make


def test_the_description_is_current() -> None:
    from lingtan.web.api import root

    kept, now = json.loads(root.SNAPSHOT.read_text("utf-8")), root.document(root.make())
    differing = [
        f"{part}/{name}"
        for part in ("paths", "components")
        for name in {**kept[part], **now[part]}
        if kept[part].get(name) != now[part].get(name)
    ]
    assert not differing, "run: DJANGO_SETTINGS_MODULE=lingtan.web.settings python -m lingtan.web.api"
    assert (kept["info"] == now["info"]) is True


def test_every_operation_names_its_errors() -> None:
    from lingtan.web.api import root

    for path, methods in json.loads(root.SNAPSHOT.read_text("utf-8"))["paths"].items():
        for method, operation in methods.items():
            assert {"401", "403", "405", "422", "429"} <= set(operation["responses"]), (method, path)


def test_the_examples_of_the_page_run(
    wired: Callable[..., Any], metered: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {"KEY": wired().token}
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(code, "docs/api.md", "exec"), names)
    said = capsys.readouterr().out
    assert "T ['office']" in said
    assert "EA electricity grid" in said


def test_the_client_follows_pages(wired: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    assert [row["code"] for row in wired().records("T", "nodes")] == ["grid", "A", "B", "A1"]


def test_the_client_waits_as_it_is_told(
    wired: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    waited: list[float] = []
    settings.LINGTAN_API_RATE = 0

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        settings.LINGTAN_API_RATE = 600

    monkeypatch.setattr(module.time, "sleep", sleep)
    assert wired().parks()[0]["code"] == "T"
    assert len(waited) == 1
    assert 1 <= waited[0] <= 60


def test_the_client_tells_a_problem_with_its_request(wired: Callable[..., Any]) -> None:
    with pytest.raises(module.ApiError) as wrong:
        wired("reporter", "A").get("T", "streams", 10**9)
    assert (wrong.value.status, wrong.value.code) == (404, "not-found")
    assert wrong.value.request_id


def test_a_key_is_not_sent_in_the_clear() -> None:
    with pytest.raises(ValueError, match="https"):
        module.Client("http://park.example", "k")


def test_a_time_without_zone_is_refused(wired: Callable[..., Any]) -> None:
    from datetime import datetime

    with pytest.raises(ValueError, match="zone"):
        wired().series("T", ["M.EA"], datetime(2025, 1, 1), datetime(2025, 1, 2))


def test_the_key_is_not_in_the_client_s_words() -> None:
    assert "secret" not in repr(module.Client("https://park.example", "secret"))


def test_a_lost_answer_to_a_new_record_makes_it_once(
    wired: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from lingtan.web.park.contact import Contact

    reach, calls = module.urlopen, []

    def lossy(request: Any, timeout: float) -> Any:
        answer = reach(request, timeout)
        calls.append(request.get_header("Idempotency-key"))
        if len(calls) == 1:
            raise ConnectionResetError("the line broke")
        return answer

    one = wired()
    monkeypatch.setattr(module, "urlopen", lossy)
    monkeypatch.setattr(module.time, "sleep", lambda _seconds: None)
    assert one.create("T", "contacts", {"name": "Li"})["name"] == "Li"
    assert (len(calls), len(set(calls))) == (2, 1)
    assert Contact.objects.count() == 1


def test_a_change_whose_answer_was_lost_is_not_sent_again(
    wired: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, calls = wired(), []
    made = one.create("T", "contacts", {"name": "Li"})

    def broken(request: Any, timeout: float) -> Any:
        calls.append(request)
        raise ConnectionResetError("the line broke")

    monkeypatch.setattr(module, "urlopen", broken)
    with pytest.raises(ConnectionResetError):
        one.change("T", "contacts", made, {"name": "Wu"})
    assert len(calls) == 1


def test_the_client_reaches_every_operation(wired: Callable[..., Any], metered: Any) -> None:
    """Each path of the description is one that a method of the client builds."""
    from lingtan.web.api import root

    register = {("get", "/{register}"), ("post", "/{register}"), ("get", "/{register}/{key}"),
                ("patch", "/{register}/{key}"), ("delete", "/{register}/{key}")}  # fmt: skip
    own = {"/accounts", "/accounts/{key}", "/figures", "/figures/{name}", "/flows", "/series"}
    for path, methods in json.loads(root.SNAPSHOT.read_text("utf-8"))["paths"].items():
        below = path.removeprefix("/api/v1/parks/{park}")
        for method in methods:
            known = path == "/api/v1/parks" or (method == "get" and below in own)
            assert known or (method, re.sub(r"^/[^/]+", "/{register}", below)) in register, (method, path)
