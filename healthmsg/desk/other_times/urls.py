"""The address that messages lead to, open to who has no account here."""

from django.urls import path

from healthmsg.desk.other_times import pages

urlpatterns = [path("<str:token>/", pages.another_time, name="another_time")]
