"""Every address of the web process."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", include("healthmsg.desk.urls")),
    path("alarm/", include("healthmsg.desk.alarms.urls")),
    path("admin/", admin.site.urls),
]
