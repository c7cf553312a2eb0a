"""A test send: a template with examples, to a staff number on the list of test phones."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from healthmsg import clock
from healthmsg.clinic.models import Phone
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import Act, act_page, clinics_of, fields
from whatsapp import samples, trying
from whatsapp.models import Template
from whatsapp.rendering import Rendered

USEFUL = timedelta(minutes=30)


def try_page(page: ModelAdmin[Any], request: HttpRequest, template: Template) -> HttpResponse:
    """Ask for the phone, and send it there."""
    clinics = clinics_of(request.user).filter(senders__account=template.account_id)
    phones = Phone.objects.filter(is_test=True, clinic__in=clinics).select_related("clinic")

    class PhoneForm(forms.Form):
        phone = fields.row(_("Test phone"), phones.order_by("pk"))

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            field = self.fields["phone"]
            if isinstance(field, fields.RowField):
                field.in_words = _in_words

    def do(values: dict[str, Any]) -> str:
        now, phone = clock.now(), values["phone"]
        shown = samples.samples(phone.clinic, template.language, now=now)
        sent = trying.send(template, phone, shown, now=now, expires_at=now + USEFUL)
        if isinstance(sent, Rendered):
            raise ValidationError(sent.reason.label if sent.reason else "")
        return _("Written. It leaves at once where everything runs; look at the phone.")

    explanation = _("It is sent as it is, with the examples you see on its page.")
    if not phones.exists():
        explanation = _("There is no test phone: mark one of your own on its page, under Phones.")
    act = Act(
        title=_("Send %(name)s to a test phone") % {"name": template},
        button=_("Send"),
        explanation=explanation,
        form=PhoneForm,
        do=do,
    )
    return act_page(page, request, template, act)


def _in_words(phone: Phone) -> str:
    return spoken(phone.number)
