"""The addresses of those who cannot be reached by WhatsApp."""

from django.urls import path

from healthmsg.desk.unreached import pages

urlpatterns = [
    path("", pages.unreached, name="unreached"),
    path("file/", pages.file, name="unreached_file"),
    path("write-down/", pages.write_down, name="unreached_write_down"),
    path("<uuid:batch>/undo/", pages.undo, name="unreached_undo"),
]
