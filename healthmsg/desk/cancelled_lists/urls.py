"""The addresses of cancelled lists."""

from django.urls import path

from healthmsg.desk.cancelled_lists import back_pages, pages

urlpatterns = [
    path("", pages.decided, name="cancelled_lists"),
    path("new/", pages.decide, name="cancel_list"),
    path("<int:list_id>/", pages.one, name="cancelled_list"),
    path("<int:list_id>/stop/", pages.stop, name="stop_list"),
    path("<int:list_id>/go-on/", pages.go_on, name="go_on_with_list"),
    path("<int:list_id>/take-back/", back_pages.take_back, name="take_list_back"),
]
