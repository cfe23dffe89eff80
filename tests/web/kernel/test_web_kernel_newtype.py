"""A record type that only this module declares has all pages: nothing else in the platform knows of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pgtrigger
import pytest
from django.apps import apps
from django.db import connection, models
from pgtrigger import registry as triggers

from lingtan.web.kernel import register as registry
from lingtan.web.kernel.history import tracked
from lingtan.web.kernel.record import Record
from lingtan.web.kernel.register import Register, register

AT = "/p/T/registers/visits/"


@pytest.fixture
def visit(db: None) -> Iterator[type[Any]]:
    """Declare visits as one file of a room would, and make their tables as a migration would."""

    @tracked()
    class Visit(Record):
        scope = ("node",)

        topic = models.CharField("Topic", max_length=100)
        day = models.DateField("Day")
        node = models.ForeignKey("park.Node", models.CASCADE, related_name="visits", verbose_name="Whom")
        guests = models.PositiveIntegerField("Guests", null=True, blank=True)

        class Meta:
            app_label = "programme"
            verbose_name = "Visit"
            verbose_name_plural = "Visits"

        def __str__(self) -> str:
            return self.topic

    register(
        Register(
            model=Visit, slug="visits", group="records", columns=("topic", "day", "node", "guests"), filters=("node",),
            search=("topic",), order=("day",), form=(("What it is", ("topic", "day", "node", "guests")),),
            hint="No visit yet.",
        )
    )  # fmt: skip
    with connection.schema_editor() as editor:
        editor.create_model(Visit)
        editor.create_model(Visit.pgh_event_model)
    for model, trigger in pgtrigger.registered():
        if model in (Visit, Visit.pgh_event_model):
            trigger.install(model)
    yield Visit
    registry._REGISTERS.pop("visits")
    for name in ("visit", Visit.pgh_event_model._meta.model_name):
        apps.all_models["programme"].pop(name, None)
    apps.clear_cache()
    for uri, (model, _trigger) in list(triggers._registry.items()):
        if model._meta.app_label == "programme" and not apps.all_models["programme"].get(model._meta.model_name):
            del triggers._registry[uri]


def test_a_declared_type_has_every_page(visit: type[Any], client_as: Callable[..., Any], park: Any) -> None:
    office, foreign = client_as("office", name="Xu Jing"), client_as("reporter", "B")
    sent = {"topic": "Ministry", "day": "2026-11-20", "node": "A", "guests": "12"}
    assert "No visit yet." in office.get(AT).content.decode()
    page = office.post(f"{AT}new/", sent)["Location"]
    assert "Ministry" in office.get(page).content.decode()
    assert (
        office.post(f"{page}edit/", sent | {"guests": "30", "version": "1", "reason": "more came"}).status_code == 302
    )
    told = office.get(f"{page}history/").content.decode()
    assert all(word in told for word in ("Xu Jing", "more came", "12", "30"))
    assert ">Ministry<" in office.get(f"{AT}?node=A&q=mini&sort=-day").content.decode()
    assert ">Ministry<" in office.get("/p/T/search/?q=ministry").content.decode()
    assert "Visits" in office.get("/p/T/registers/").content.decode()
    assert "Ministry" in office.get(f"/p/T/registers/nodes/{visit.objects.get().node_id}/").content.decode()
    assert foreign.get(page).status_code == 404
    assert office.post(f"{page}remove/").status_code == 302
    assert not visit.objects.exists()


def test_the_kernel_stays_within_1500_lines_of_code() -> None:
    from lingtan.web import kernel

    assert sum(code_lines(path) for path in Path(kernel.__file__).parent.glob("*.py")) <= 1500


def code_lines(path: Path) -> int:
    """Count the lines that are neither blank, comment nor docstring."""
    text = path.read_text("utf-8")
    told: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, kinds) and ast.get_docstring(node) is not None:
            told |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = enumerate(text.splitlines(), start=1)
    return sum(1 for at, line in lines if line.strip() and at not in told and not line.strip().startswith("#"))
