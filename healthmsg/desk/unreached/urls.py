"""The addresses of those who cannot be reached by WhatsApp."""

from django.urls import path

from healthmsg.desk.unreached import file_pages, pages

urlpatterns = [
    path("", pages.unreached, name="unreached"),
    path("file/", pages.file, name="unreached_file"),
    path("write-down/", pages.write_down, name="unreached_write_down"),
    path("outcomes/", file_pages.outcomes, name="unreached_outcomes"),
    path("outcomes/write-down/", file_pages.write_down, name="unreached_outcomes_written"),
    path("<uuid:batch>/undo/", pages.undo, name="unreached_undo"),
]
