"""What stands in a copy of a patient's data: kind by kind, and what each part is called."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

from healthmsg.desk.privacy import handled, known
from healthmsg.desk.privacy.known import Rows, Subject

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


@dataclass(frozen=True)
class Section:
    """One kind of thing that is known, with a heading and the names of its parts."""

    key: str
    title: "_StrOrPromise"
    labels: dict[str, "_StrOrPromise"]
    find: Callable[[Subject], Rows]


SECTIONS = (
    Section(
        "person",
        gettext_lazy("Who you are to us"),
        {
            "given_name": gettext_lazy("Given name"),
            "family_name": gettext_lazy("Family name"),
            "birth_date": gettext_lazy("Birth date"),
            "sex": gettext_lazy("Sex"),
            "identifier": gettext_lazy("Identifier"),
            "usual_site": gettext_lazy("Usual site"),
            "needs": gettext_lazy("Communication needs"),
            "state": gettext_lazy("State"),
            "state_reason": gettext_lazy("Reason"),
            "known_since": gettext_lazy("Known since"),
        },
        known.person,
    ),
    Section(
        "contacts",
        gettext_lazy("Who is written to about you"),
        {
            "who": gettext_lazy("Who"),
            "name": gettext_lazy("Given name"),
            "number": gettext_lazy("Number"),
            "language": gettext_lazy("Language"),
            "may_be_told": gettext_lazy("May be told"),
            "until": gettext_lazy("Until"),
            "agreed_on": gettext_lazy("Agreed to on"),
        },
        known.contacts,
    ),
    Section(
        "permissions",
        gettext_lazy("What you have allowed and taken back"),
        {
            "for": gettext_lazy("For"),
            "what": gettext_lazy("What"),
            "how": gettext_lazy("How"),
            "when": gettext_lazy("When"),
            "runs_out": gettext_lazy("Runs out"),
            "number": gettext_lazy("Number"),
            "words_agreed_to": gettext_lazy("Words agreed to"),
            "evidence": gettext_lazy("Evidence"),
        },
        known.permissions,
    ),
    Section(
        "visits",
        gettext_lazy("Your visits"),
        {
            "starts": gettext_lazy("When"),
            "kind": gettext_lazy("Kind of visit"),
            "where": gettext_lazy("Where"),
            "with": gettext_lazy("With"),
            "status": gettext_lazy("Status"),
            "answer": gettext_lazy("Answer"),
            "reason": gettext_lazy("Reason"),
            "identifier": gettext_lazy("Identifier"),
            "booked": gettext_lazy("Booked"),
        },
        known.visits,
    ),
    Section(
        "messages",
        gettext_lazy("What we wrote"),
        {
            "written": gettext_lazy("Written"),
            "for": gettext_lazy("For"),
            "words": gettext_lazy("Words"),
            "status": gettext_lazy("Status"),
            "because": gettext_lazy("Because"),
            "arrived": gettext_lazy("Arrived"),
            "read": gettext_lazy("Read"),
            "words_removed": gettext_lazy("Words removed"),
        },
        known.messages,
    ),
    Section(
        "replies",
        gettext_lazy("What you wrote"),
        {
            "written": gettext_lazy("Written"),
            "words": gettext_lazy("Words"),
            "understood_as": gettext_lazy("Understood as"),
            "words_removed": gettext_lazy("Words removed"),
        },
        known.replies,
    ),
    Section(
        "files",
        gettext_lazy("Files you sent"),
        {
            "sent": gettext_lazy("Sent"),
            "called": gettext_lazy("Called"),
            "kind": gettext_lazy("Kind"),
            "state": gettext_lazy("State"),
        },
        known.files,
    ),
    Section(
        "vaccinations",
        gettext_lazy("Vaccinations we know of"),
        {
            "vaccine": gettext_lazy("Vaccine"),
            "given": gettext_lazy("Given on"),
            "known_from": gettext_lazy("Known from"),
            "entered_by_mistake": gettext_lazy("Entered by mistake"),
        },
        known.doses,
    ),
    Section(
        "invitations",
        gettext_lazy("Campaigns"),
        {
            "campaign": gettext_lazy("Campaign"),
            "when": gettext_lazy("When"),
            "not_sent_because": gettext_lazy("Not sent because"),
            "answer": gettext_lazy("Answer"),
        },
        known.invitations,
    ),
    Section(
        "notes",
        gettext_lazy("Tags and wishes"),
        {
            "what": gettext_lazy("What"),
            "about": gettext_lazy("About"),
            "since": gettext_lazy("Since"),
        },
        known.wishes,
    ),
    Section(
        "reminders",
        gettext_lazy("What we are still to write about visits"),
        {
            "visit": gettext_lazy("Visit"),
            "due": gettext_lazy("Due"),
        },
        handled.reminders,
    ),
    Section(
        "calls",
        gettext_lazy("Calls about your visits"),
        {
            "called": gettext_lazy("Called"),
            "number": gettext_lazy("Number"),
            "visit": gettext_lazy("Visit"),
            "outcome": gettext_lazy("Outcome"),
            "undone": gettext_lazy("Undone"),
        },
        handled.calls,
    ),
    Section(
        "staff_notes",
        gettext_lazy("Notes of our staff on your conversation"),
        {
            "written": gettext_lazy("Written"),
            "words": gettext_lazy("Words"),
            "words_removed": gettext_lazy("Words removed"),
        },
        handled.staff_notes,
    ),
    Section(
        "on_lists",
        gettext_lazy("Lists you stand on"),
        {"list": gettext_lazy("List"), "due": gettext_lazy("Due")},
        handled.on_lists,
    ),
    Section(
        "handled",
        gettext_lazy("What else was done"),
        {
            "what": gettext_lazy("What"),
            "when": gettext_lazy("When"),
            "until": gettext_lazy("Until"),
        },
        handled.handled,
    ),
)
