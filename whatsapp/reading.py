"""Takes a short answer as the tap it stands for, where exactly one question is open."""

from datetime import datetime

from healthmsg.clinic.models import Phone
from whatsapp import answers, questions, short_answers
from whatsapp.buttons import Tap
from whatsapp.draft import Button
from whatsapp.models import Reply, ReplyOutcome

_READ = frozenset({"text", "reaction"})
# Source: WhatsApp Cloud API, interactive lists, read 2026-11: at most ten rows.
MOST_ROWS = 10


def stands_for(reply: Reply, phone: Phone, *, now: datetime) -> Tap | ReplyOutcome | None:
    """
    Return the tap an answer in words stands for; ask back where it may be to several questions.

    A quoted message, or one that was reacted to, is the only one that is meant.

    :returns: the outcome where we asked back; None where nothing was answered
    """
    if reply.kind not in _READ or not reply.text:
        return None
    said = short_answers.read(reply.text, reply.clinic.languages)
    if said is None:
        return None
    open_ones = questions.open_to(phone, now=now)
    if reply.context_wamid:
        open_ones = [q for q in open_ones if q.message.pk == reply.answers_id]
    meant = questions.meant(open_ones, said)
    if len(meant) == 1:
        [(question, tap)] = meant
        reply.answers = question.message
        return tap
    if len(meant) > 1:
        _ask_back(reply, phone, meant, now)
        return ReplyOutcome.ASKED_WHICH
    return None


def _ask_back(
    reply: Reply, phone: Phone, meant: list[tuple[questions.Question, Tap]], now: datetime
) -> None:
    """Name each question the answer may be to; the newest first, where they are too many."""
    latest = meant[::-1][:MOST_ROWS]
    reply.answers = latest[0][0].message  # the language we last wrote in
    rows = tuple(
        Button(tap.verb, question.title_for(tap), about=tap.about, callback=tap.callback)
        for question, tap in latest
    )
    answers.send(reply, phone, "which_question", now=now, buttons=rows)
    reply.answers = None
