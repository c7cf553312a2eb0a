"""The address that mails lead to, open to who has no account here."""

from django.urls import path

from healthmsg.desk.alarms import pages

urlpatterns = [path("<str:token>/", pages.acknowledge, name="acknowledge")]
