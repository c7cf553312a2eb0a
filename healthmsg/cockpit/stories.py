"""Pages that tell what happened to a row."""

from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst

from healthmsg.cockpit.pages import ClinicAdmin

M = TypeVar("M", bound=Model)


class StoryAdmin(ClinicAdmin[M]):
    """A page that tells what happened; nobody edits it, acts have pages of their own."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: M | None = None) -> Any:
        return []

    def story(self, request: HttpRequest, row: M) -> dict[str, Any]:
        """Return what the page's own template tells about the row."""
        return {}

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        told = self.story(request, row) if row and self.has_view_permission(request, row) else {}
        title = {
            "title": capfirst(self.opts.verbose_name),
            "subtitle": None,
            "show_history": False,
        }
        return super().change_view(
            request, object_id, form_url, title | told | (extra_context or {})
        )
