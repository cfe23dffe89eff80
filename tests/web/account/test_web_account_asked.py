"""Questions on figures, work on findings, and explanations that do not name a neighbour."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from lingtan.web.account import asking
from lingtan.web.account.issue import Issue
from lingtan.web.account.remark import Remark
from lingtan.web.account.run import Figure, Run
from lingtan.web.people.user import User

Someone = Callable[..., Any]


def run_of() -> Run:
    return Run.objects.get(year=2025, variant="cn-zcp-2025", superseded_by__isnull=True)


def text_of(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


def asked(client: Any, name: str = "flow:EL_A", text: str = "Why is March so high?") -> Remark:
    assert client.post(f"/p/small/ask/{run_of().pk}/{name}", {"text": text}).status_code == 302
    return Remark.objects.latest("pk")


def test_an_enterprise_asks_about_its_own_figure_the_office_answers_and_the_enterprise_settles(
    computed: Any, someone: Someone
) -> None:
    reporter, office = someone("reporter", "A"), someone("office")
    one = asked(reporter)
    assert (one.kind, one.state) == ("question", "open")
    assert "Why is March so high?" in text_of(office, "/p/small/remarks/")
    assert reporter.post(f"/p/small/remarks/{one.pk}/", {"answer": "mine"}).status_code == 403
    office.post(f"/p/small/remarks/{one.pk}/", {"answer": "The boiler ran at weekends."})
    page = text_of(reporter, f"/p/small/explain/{run_of().pk}/flow:EL_A")
    assert "The boiler ran at weekends." in page
    assert office.post(f"/p/small/remarks/{one.pk}/", {}).status_code == 403
    reporter.post(f"/p/small/remarks/{one.pk}/", {})
    one.refresh_from_db()
    assert one.state == "settled"


def test_what_a_verifier_writes_is_a_remark(computed: Any, someone: Someone) -> None:
    assert asked(someone("verifier"), "total:co2_t").kind == "remark"


def test_a_question_is_as_visible_as_its_figure(computed: Any, someone: Someone) -> None:
    asked(someone("reporter", "A"))
    other = someone("reporter", "B")
    assert "Why is March so high?" not in text_of(other, "/p/small/remarks/")
    assert other.post(f"/p/small/remarks/{Remark.objects.latest('pk').pk}/", {"answer": "x"}).status_code == 404
    assert other.post(f"/p/small/ask/{run_of().pk}/flow:EL_A", {"text": "mine?"}).status_code == 404
    assert other.post(f"/p/small/ask/{run_of().pk}/total:co2_t", {"text": "all?"}).status_code == 404


def test_a_question_is_a_task_of_the_office_and_its_answer_one_of_who_asked(computed: Any, someone: Someone) -> None:
    reporter, office = someone("reporter", "A"), someone("office")
    one = asked(reporter)
    assert "Why is March so high?" in text_of(office, "/p/small/today/")
    assert "Why is March so high?" not in text_of(reporter, "/p/small/today/")
    office.post(f"/p/small/remarks/{one.pk}/", {"answer": "Weekend work."})
    assert "Read the answer" in text_of(reporter, "/p/small/today/")


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_a_question_without_words_or_with_too_many_is_refused(computed: Any, someone: Someone, text: str) -> None:
    someone("office").post(f"/p/small/ask/{run_of().pk}/flow:EL_A", {"text": text})
    assert not Remark.objects.exists()


def test_an_explanation_names_the_other_end_of_a_stream_by_its_kind_only(computed: Any, someone: Someone) -> None:
    from lingtan.web.metering.stream import Stream

    run, stream = run_of(), Stream.objects.get(park=computed, code="HT_AB")
    step = {
        "kind": "line", "source": "A1", "target": "B", "stream": "HT_AB",
        "text": "stream HT_AB: A1 -> B, reporter A Plant Alpha, A1-2", "text_zh": "流 HT_AB：A1 → B，A 甲厂，A1-2",
    }  # fmt: skip
    kept = Figure.objects.get(run=run, name="flow:HT_AB").explanation
    Figure.objects.create(
        park=computed, run=run, year=2025, name="line:heat:made", stream=stream, explanation={**kept, "chain": [step]}
    )
    address = f"/p/small/explain/{run.pk}/line:heat:made"
    assert "A1 -&gt; B, reporter A Plant Alpha" in text_of(someone("office"), address)
    assert "(Equipment) -&gt; B, reporter (Enterprise) (Enterprise), A1-2" in text_of(someone("reporter", "B"), address)
    told = json.loads(someone("approver", "B", language="zh-hans").get(address + "?format=json").content)
    assert (told["chain"][0]["source"], told["chain"][0]["stream"]) == ("（设备）", "HT_AB")
    assert "甲厂" not in json.dumps(told, ensure_ascii=False)


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [one for part in value.values() for one in _strings(part)]
    if isinstance(value, list):
        return [one for part in value for one in _strings(part)]
    return [value] if isinstance(value, str) else []


def test_no_explanation_that_an_enterprise_can_open_names_a_neighbour(computed: Any, someone: Someone) -> None:
    """Canary: every figure of A and B in both languages and as JSON; names and codes of the others are searched for."""
    hidden = {
        "A": ("Plant Bravo", "乙厂", "Plant Charlie", "丙厂"),
        "B": ("Plant Alpha", "甲厂", "Alpha boiler", "丙厂"),
    }
    for code, words in hidden.items():
        for language in ("en", "zh-hans"):
            client = someone("reporter" if language == "en" else "approver", code, language=language)
            for figure in Figure.objects.filter(run=run_of()):
                address = f"/p/small/explain/{figure.run_id}/{figure.name}"
                answer = client.get(address)
                if answer.status_code == 404:
                    continue
                told = json.loads(client.get(address + "?format=json").content)
                text = answer.content.decode() + " ".join(_strings(told))
                assert not any(word in text for word in words), (code, figure.name)
                others = {"A", "B", "C"} - {code}
                assert not others & {told.get("source"), told.get("target")}


def test_the_evidence_package_holds_explanation_factors_readings_and_sums(computed: Any, someone: Someone) -> None:
    address = f"/p/small/explain/{run_of().pk}/line:fuel:GAS_A?format=zip"
    made = zipfile.ZipFile(io.BytesIO(someone("office").get(address).content))
    names = set(made.namelist())
    assert {"index.txt", "explanation.json", "explanation.txt", "factors.csv", "readings.csv", "SHA256SUMS"} <= names
    assert b"0.0365" in made.read("factors.csv")
    import hashlib

    for line in made.read("SHA256SUMS").decode().splitlines():
        digest, _space, name = line.partition("  ")
        assert hashlib.sha256(made.read(name)).hexdigest() == digest


def finding(park: Any, key: str, stream: str = "EL_A") -> Issue:
    from lingtan.web.metering.stream import Stream

    return Issue.objects.create(
        park=park, key=key, code="gap_total", level="finding", title_en=f"Gap {key}",
        stream=Stream.objects.get(park=park, code=stream),
    )  # fmt: skip


def test_findings_are_given_to_somebody_together_with_a_day(computed: Any, someone: Someone) -> None:
    office, rows = someone("office"), [finding(computed, "k1"), finding(computed, "k2")]
    owner = User.objects.get(username="office-")
    given = {"issue": [f"{row.pk}:1" for row in rows], "state": "assigned", "owner": owner.pk, "due": "2026-01-15"}
    assert office.post("/p/small/issues/many/", given).status_code == 302
    held = Issue.objects.filter(pk__in=[row.pk for row in rows])
    assert {(row.state, row.owner_id, row.due) for row in held} == {("assigned", owner.pk, date(2026, 1, 15))}
    assert "2026-01-15" in text_of(office, "/p/small/issues/?owner=" + str(owner.pk))


def test_where_one_of_several_findings_stands_in_the_way_none_is_changed(computed: Any, someone: Someone) -> None:
    office, rows = someone("office"), [finding(computed, "k1"), finding(computed, "k2")]
    given = {"issue": [f"{rows[0].pk}:1", f"{rows[1].pk}:7"], "state": "dismissed", "reason": "known"}
    answer = office.post("/p/small/issues/many/", given, follow=True)
    assert "Nothing was changed." in answer.content.decode()
    assert {row.state for row in Issue.objects.filter(pk__in=[row.pk for row in rows])} == {"open"}


def test_a_finding_is_not_given_to_somebody_who_does_not_see_it(computed: Any, someone: Someone) -> None:
    office, one = someone("office"), finding(computed, "k1")
    someone("reporter", "B")
    stranger = User.objects.get(username="reporter-B")
    given = {"issue": [f"{one.pk}:1"], "state": "assigned", "owner": stranger.pk}
    assert "does not see the finding" in office.post("/p/small/issues/many/", given, follow=True).content.decode()
    assert someone("reporter", "A").post("/p/small/issues/many/", given).status_code == 403


def test_findings_are_filtered_and_exported_as_they_are_shown(computed: Any, someone: Someone) -> None:
    finding(computed, "mine")
    finding(computed, "theirs", "EL_B")
    office = someone("office")
    page = text_of(office, "/p/small/issues/?enterprise=A")
    assert "Gap mine" in page
    assert "Gap theirs" not in page
    told = office.get("/p/small/issues/export.csv?enterprise=A").content.decode()
    assert "Gap mine" in told
    assert "Gap theirs" not in told
    assert "Gap theirs" not in someone("reporter", "A").get("/p/small/issues/export.csv").content.decode()


def test_a_comment_stays_with_the_finding_and_is_cut_like_it(computed: Any, someone: Someone) -> None:
    one, reporter = finding(computed, "k1"), someone("reporter", "A")
    assert reporter.post(f"/p/small/issues/{one.pk}/comment/", {"text": "Meter was changed"}).status_code == 302
    assert "Meter was changed" in text_of(someone("office"), f"/p/small/issues/{one.pk}/")
    other = someone("reporter", "B")
    assert other.post(f"/p/small/issues/{one.pk}/comment/", {"text": "x"}).status_code == 404


def test_a_finding_that_the_next_account_no_longer_makes_names_that_account(computed: Any, someone: Someone) -> None:
    office, one = someone("office"), finding(computed, "k1")
    office.post("/p/small/account/compute/?period=2025")
    one.refresh_from_db()
    assert one.gone
    assert one.resolved_run is not None
    assert "which no longer finds it" in text_of(office, f"/p/small/issues/{one.pk}/")


def test_an_answer_needs_the_right_to_give_it(computed: Any) -> None:
    from django.core.exceptions import PermissionDenied

    from lingtan.web.people.access import Access

    figure = Figure.objects.get(run=run_of(), name="flow:EL_A")
    one = asking.ask(figure, "why", by=Access(None, computed.pk, whole_park=True))
    with pytest.raises(PermissionDenied):
        asking.answer(one, "so", by=Access(None, computed.pk, whole_park=True))
