"""The roof as Django sees it."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "healthmsg.desk"
    label = "desk"
    verbose_name = "Desk"
