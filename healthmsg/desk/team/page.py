"""The page of a clinician's notices: whether they agreed, what was written, and why not."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from healthmsg import clock
from healthmsg.clinic import consent
from healthmsg.clinic.models import Clinician, GivenHow
from healthmsg.cockpit import owned
from healthmsg.desk.admin.contacts import language_choices
from healthmsg.desk.agenda.sheets import person_of
from healthmsg.desk.agenda.telling import number_of
from healthmsg.desk.frame import desk_page, show
from healthmsg.desk.team import agreeing, notices
from whatsapp.admin.story import mark_of


class AgreeForm(forms.Form):
    """What somebody said, and on which number."""

    number = forms.CharField(
        label=gettext_lazy("Their own number"),
        max_length=40,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
        help_text=gettext_lazy("As you would dial it."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"))
    how = forms.ChoiceField(
        label=gettext_lazy("How they agreed"),
        choices=[(how.value, how.label) for how in consent.TOLD_TO_US],
    )

    def __init__(self, *args: Any, clinician: Clinician, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self._clinic = clinician.clinic
        language = self.fields["language"]
        assert isinstance(language, forms.ChoiceField)  # noqa: S101 - declared above
        language.choices = language_choices(self._clinic, clinician.language)

    def clean_number(self) -> str:
        return number_of(self.cleaned_data["number"].strip(), self._clinic)


@desk_page("clinic.change_clinician")
@require_http_methods(["GET", "HEAD", "POST"])
def notices_to(request: HttpRequest, clinician_id: int) -> HttpResponse:
    """Show how it stands; write down that they agree, or want no more of them."""
    mine = owned(Clinician.objects.select_related("clinic", "phone"), request.user)
    clinician = get_object_or_404(mine, pk=clinician_id)
    is_yes = request.method == "POST" and "end" not in request.POST
    form = AgreeForm(request.POST if is_yes else None, clinician=clinician)
    if request.method == "POST" and not is_yes:
        agreeing.end(clinician, by=person_of(request), now=clock.now())
        messages.success(request, _("No more notices go to them; the number is forgotten."))
        return HttpResponseRedirect(request.path)
    if is_yes and form.is_valid():
        _agree(request, clinician, form)
        messages.success(request, _("Written down: they take notices on this number."))
        return HttpResponseRedirect(request.path)
    return show(
        request,
        "team/page.html",
        title=_("Notices to %(name)s") % {"name": clinician.name},
        clinician=clinician,
        takes=agreeing.takes_notices(clinician),
        form=form,
        lines=[(one, mark_of(one)) for one in notices.of(clinician)],
    )


def _agree(request: HttpRequest, clinician: Clinician, form: AgreeForm) -> None:
    values = form.cleaned_data
    told = consent.Evidence(GivenHow(values["how"]), recorded_by=person_of(request))
    agreeing.agree(
        clinician, values["number"], language=values["language"], evidence=told, now=clock.now()
    )
