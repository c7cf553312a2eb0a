"""The addresses of duplicates."""

from django.urls import path

from healthmsg.desk.merging import pages

urlpatterns = [
    path("", pages.duplicates, name="duplicates"),
    path("compare/", pages.compare, name="compare_patients"),
    path("<int:pair_id>/two-people/", pages.dismiss, name="dismiss_duplicate"),
    path("merge/<int:merge_id>/undo/", pages.undo, name="undo_merge"),
]
