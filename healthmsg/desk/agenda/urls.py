"""The addresses of the agenda; none names a patient."""

from django.urls import path

from healthmsg.desk.agenda import booking, finding, moving, pages, registering, visits

urlpatterns = [
    path("", pages.day, name="agenda"),
    path("week/", pages.week, name="agenda_week"),
    path("book/", finding.find, name="agenda_book"),
    path("book/new/", registering.register, name="agenda_register"),
    path("book/<int:patient_id>/", booking.book, name="agenda_book_for"),
    path("visits/<int:visit_id>/", visits.visit, name="agenda_visit"),
    path("visits/<int:visit_id>/move/", moving.move, name="agenda_move"),
    path("visits/<int:visit_id>/cancel/", visits.cancel, name="agenda_cancel"),
    path("visits/<int:visit_id>/undo/", visits.undo, name="agenda_undo"),
    path("visits/<int:visit_id>/send-now/", visits.send_now, name="agenda_send_now"),
    path("visits/<int:visit_id>/told/", visits.told, name="agenda_told"),
    path("visits/<int:visit_id>/ask/", visits.ask, name="agenda_ask"),
    path("visits/<int:visit_id>/<slug:name>/", visits.act, name="agenda_act"),
]
