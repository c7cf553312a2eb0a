"""The addresses of signing in, beside the admin's own page for name and password."""

from django.urls import path

from healthmsg.desk.signing_in import pages

urlpatterns = [
    path("code/", pages.code, name="sign_in_code"),
    path("set-up/", pages.set_up, name="sign_in_set_up"),
    path("recovery-codes/", pages.recovery, name="sign_in_recovery"),
    path("again/", pages.again, name="sign_in_again"),
    path("unsent/", pages.unsent, name="sign_in_unsent"),
    path("change-user/", pages.change_user, name="change_user"),
]
