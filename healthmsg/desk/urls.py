"""The desk's own addresses, inside the admin."""

from django.contrib import admin
from django.urls import path

from healthmsg.desk import calls
from healthmsg.desk.alarms import pages
from healthmsg.desk.status import page

urlpatterns = [
    path("to-call/", admin.site.admin_view(calls.to_call), name="to_call"),
    path("status/", admin.site.admin_view(page.status), name="status"),
    path("after-silence/", admin.site.admin_view(pages.after_silence), name="after_silence"),
]
