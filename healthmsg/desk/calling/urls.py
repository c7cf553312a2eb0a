"""The addresses of the call list."""

from django.urls import path

from healthmsg.desk.calling import pages

urlpatterns = [
    path("", pages.to_call, name="to_call"),
    path("<int:visit_id>/log/", pages.log, name="log_call"),
    path("call/<int:call_id>/undo/", pages.undo, name="undo_call"),
]
