"""Files that stand above a message."""

from healthmsg.clinic.models import Clinic
from tests.factories import NOON
from whatsapp.models import HeaderFile


def make_file(clinic: Clinic, **fields: object) -> HeaderFile:
    """A PDF that is one by its first bytes."""
    content = b"%PDF-1.7 of a test"
    defaults: dict[str, object] = {
        "name": "preparation.pdf",
        "mime_type": "application/pdf",
        "content": content,
        "size": len(content),
        "changed_at": NOON,
    }
    return HeaderFile.objects.create(clinic=clinic, **(defaults | fields))
