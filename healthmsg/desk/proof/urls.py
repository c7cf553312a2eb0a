"""Addresses of the codes that the desk shows, of wordings to print, and of receipts."""

from django.urls import path

from healthmsg.desk.proof import pages, receipt_pages, wording_pages

urlpatterns = [
    path(
        "permission-wording/<int:wording_id>/for/<int:contact_id>/",
        wording_pages.wording,
        name="permission_wording",
    ),
    path(
        "permission-wording/<int:wording_id>/for/<int:contact_id>/send/",
        wording_pages.send,
        name="permission_wording_send",
    ),
    path("permission-code/<int:code_id>/", pages.code, name="permission_code"),
    path("permission-code/<int:code_id>/state/", pages.state, name="permission_code_state"),
    path("permission-code/<int:code_id>/picture/", pages.picture, name="permission_code_picture"),
    path("permission-receipt/<int:line_id>/", receipt_pages.receipt, name="permission_receipt"),
    path(
        "permission-receipt/<int:line_id>/send/",
        receipt_pages.send,
        name="permission_receipt_send",
    ),
]
