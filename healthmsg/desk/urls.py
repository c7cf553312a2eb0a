"""The desk's own addresses, inside the admin."""

from django.contrib import admin
from django.urls import path

from healthmsg.desk import calls
from healthmsg.desk.alarms import pages

urlpatterns = [
    path("to-call/", admin.site.admin_view(calls.to_call), name="to_call"),
    path("after-silence/", admin.site.admin_view(pages.after_silence), name="after_silence"),
]
