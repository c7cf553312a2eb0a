"""The desk's own addresses, inside the admin."""

from django.contrib import admin
from django.urls import path

from healthmsg.desk import calls

urlpatterns = [path("to-call/", admin.site.admin_view(calls.to_call), name="to_call")]
