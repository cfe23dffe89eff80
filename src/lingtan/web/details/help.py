"""What the help of a page says: what stands there, where its figures come from, what can be done."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

#: Name of the address -> sentences.
HELP: dict[str, Any] = {
    "overview": _(
        "The answer on top is computed from the newest account of the year. Every figure with a dotted underline "
        "opens its explanation. The findings are ordered by the carbon that hangs on them: begin at the top."
    ),
    "account": _(
        "Each line is an activity times a factor. Another method shows the same flows under other rules; the "
        "steps on the right add up to the difference. A run is never changed: a newer one takes its place."
    ),
    "flows": _(
        "The width of a band is its energy. Grey is own use and loss; what does not close is shown as a gap, "
        "never hidden. Choose a carrier to see it alone, and a row of the tables to open its stream."
    ),
    "enterprise": _(
        "Net = own emissions + what came with power, heat and fuels received − what left with those sent on, so "
        "that the enterprises add up to the park. An enterprise sees its own page only."
    ),
    "issues": _(
        "A finding says what is odd, where, when and how much hangs on it. Give it to somebody, or settle it with "
        "a reason; the reason stays. It ends by itself when a later account no longer finds it."
    ),
    "issue": _(
        "Say what you found and on what it rests. Correct the reading, the report or the register first; the next "
        "account shows whether the finding is gone."
    ),
    "explain": _(
        "From the figure down: inventory lines, flows, readings or reports, factors, documents, rules, versions, "
        "persons. A broken step is red. The export carries the whole chain as a file."
    ),
    "reports": _(
        "What waits for you stands first, then what is late. A report goes from the reporter to the approver of "
        "the enterprise, to the office, into the account. Nobody approves his own."
    ),
    "report": _(
        "Empty and zero differ: an empty line is not complete. Beside each amount stand the meter and last year; "
        "above the tolerance a reason is asked. What you type is saved at once; a column can be pasted from a "
        "sheet."
    ),
    "report_review": _(
        "Lines are ordered by the carbon that their difference weighs. Write a remark under a line and return the "
        "report, or accept it: then its amounts are statements and the account is drawn again."
    ),
    "report_forms": _(
        "A form says what is reported, in which unit, until when, on which evidence. Once somebody reports on an "
        "edition it stays as it is; changes begin with a new edition."
    ),
    "report_imports": _(
        "Say once how a file is read: which column holds the account number, the period, the amount. Each file is "
        "then tried first; nothing is written before you confirm."
    ),
    "report_calendar": _("Due days are days of the calendar. Reminders go out before and after them, to the reporter."),
    "registers": _(
        "Registers hold what the account rests on: nodes, streams, meters, factors, prices. Each list can be "
        "filtered, exported, filled by Excel and undone; each entry keeps its history."
    ),
    "register_list": _(
        "Click a head to sort, choose columns at the right; both are kept. Excel and CSV give the same rows as "
        "the list. An upload is checked by cell before anything is written, and can be undone."
    ),
    "register_detail": _("All that is known of one entry. The history says who changed what, when and why."),
    "register_edit": _(
        "Fields with * must be filled. The change is kept with your name, the time and the reason. If somebody "
        "else was quicker you are told what changed, and nothing of yours is lost."
    ),
    "register_history": _("Newest first. Entries of the history cannot be changed or removed by anybody."),
    "register_upload": _(
        "Take the template or the entries there are, fill in, upload. Every fault is named by cell; all rows are "
        "written or none. A written upload can be undone on its page."
    ),
    "folder": _(
        "The folder holds the whole park: tables, readings, records, evidence. Bring it in again here or in "
        "another installation without loss; a former state can be brought back."
    ),
    "people": _(
        "An offer goes by mail and is taken within seven days. Some roles need a second person to confirm them. "
        "Taking a part back ends it at once; what the person did stays under the name."
    ),
    "releases": _(
        "The public sees only what was released by name. One person proposes, another releases; what speaks of an "
        "enterprise needs its approver first. A released figure stays as it was."
    ),
    "documents": _(
        "Documents carry what figures rest on. A newer file is a newer version; the old one stays. Words are "
        "found in Chinese and English."
    ),
    "tasks": _("What is yours to do, the most urgent first: reports, findings, deadlines, confirmations."),
    "jobs": _(
        "Long work goes on while you use other pages. A failure keeps what it was given and says where it resumes."
    ),
    "tokens": _(
        "A token lets a program do what you may do, within its scopes and until its day. It is shown once: keep "
        "it where passwords are kept."
    ),
    "park_audit": _("Who did what and when, as a chain: an entry that was altered would break it."),
    "site_audit": _("Who did what and when, as a chain: an entry that was altered would break it."),
    "public_park": _("Everything here was released by a named person. Figures stand as they were on that day."),
}


def help_text(request: HttpRequest) -> dict[str, Any]:
    """Return what the help of this page says, blank where there is nothing beyond the keys."""
    match = getattr(request, "resolver_match", None)
    return {"help_text": HELP.get(match.url_name or "", "") if match else ""}
