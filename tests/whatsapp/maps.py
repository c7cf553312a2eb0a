"""Templates with a place on top."""

from whatsapp.models import Template, TemplateVersion
from whatsapp.places import LOCATION


def put_on_a_map(template: Template) -> Template:
    """Let a template begin with the place of the visit."""
    assert template.current is not None
    parts = [{"type": "HEADER", "format": LOCATION}, *template.current.components]
    TemplateVersion.objects.filter(pk=template.current.pk).update(components=parts)
    template.current.refresh_from_db()
    return template
