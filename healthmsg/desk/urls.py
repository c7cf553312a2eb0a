"""The desk's own addresses; those that are still inside the admin stand there."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from healthmsg.desk import overview, trends
from healthmsg.desk.alarms import pages
from healthmsg.desk.backups import page as backups_page
from healthmsg.desk.day_lists.pages import day_list
from healthmsg.desk.guide import page as guide
from healthmsg.desk.patients import page as patients
from healthmsg.desk.patients import parts as patient_parts
from healthmsg.desk.privacy import page as privacy_page
from healthmsg.desk.status import page
from healthmsg.desk.team import page as team
from healthmsg.desk.told_why import pages as why

urlpatterns = [
    path("desk/", RedirectView.as_view(pattern_name="agenda"), name="desk"),
    path("desk/agenda/", include("healthmsg.desk.agenda.urls")),
    path("desk/to-call/", include("healthmsg.desk.calling.urls")),
    path("desk/cancelled-lists/", include("healthmsg.desk.cancelled_lists.urls")),
    path("desk/duplicates/", include("healthmsg.desk.merging.urls")),
    path("desk/", include("healthmsg.desk.proof.urls")),
    path("desk/unreached/", include("healthmsg.desk.unreached.urls")),
    path("desk/day-list/", day_list, name="day_list"),
    path("desk/overview/", overview.overview, name="overview"),
    path("desk/trends/", trends.trends, name="trends"),
    path("desk/setup/", guide.setup, name="setup"),
    path("desk/team/<int:clinician_id>/", team.notices_to, name="team_notices"),
    path("desk/why/", why.lately, name="why"),
    path("desk/why/message/<int:message_id>/", why.message, name="why_message"),
    path("desk/why/visit/<int:visit_id>/", why.visit, name="why_visit"),
    path("desk/why/visit/<int:visit_id>/messages/", why.visit_messages, name="visit_messages"),
    path("desk/patients/<int:patient_id>/", patients.patient, name="patient"),
    path("desk/patients/<int:patient_id>/past/", patient_parts.past, name="patient_past"),
    path("desk/patients/<int:patient_id>/ledger/", patient_parts.ledger, name="patient_ledger"),
    path("desk/why/patient/<int:patient_id>/", why.patient, name="why_patient"),
    path("admin/status/", admin.site.admin_view(page.status), name="status"),
    path("admin/kept/", admin.site.admin_view(privacy_page.kept), name="kept"),
    path("admin/standstill/", admin.site.admin_view(backups_page.standstill), name="standstill"),
    path("admin/after-silence/", admin.site.admin_view(pages.after_silence), name="after_silence"),
]
