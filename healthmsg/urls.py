"""Every address of the web process."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

# Before its addresses are asked for below.
admin.autodiscover()

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="overview"), name="home"),
    path("", include("healthmsg.desk.urls")),
    path("sign-in/", include("healthmsg.desk.signing_in.urls")),
    path("alarm/", include("healthmsg.desk.alarms.urls")),
    path("another-time/", include("healthmsg.desk.other_times.urls")),
    path("admin/", admin.site.urls),
]
