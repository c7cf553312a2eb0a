"""The files on top of messages that WhatsApp keeps for a number; made anew for each batch."""

from datetime import datetime, timedelta

from whatsapp.catalog import Approved
from whatsapp.fill_ins import Scene
from whatsapp.models import FileUpload, Sender
from whatsapp.rendering import Top
from whatsapp.template_languages import root_of

# Source: WhatsApp Cloud API, media, read 2025-12: 30 days; a day less, for clocks and queues.
_KEPT_FOR = timedelta(days=29)


class Tops:
    """What was uploaded for one number, each file once however many messages need it."""

    def __init__(self, sender: Sender) -> None:
        rows = FileUpload.objects.filter(sender=sender).select_related("file")
        self._uploads: dict[int, FileUpload] = {}
        self._preparations: dict[tuple[int, str], int] = {}
        for row in rows.defer("file__content"):
            self._uploads[row.file_id] = row
            if row.file.visit_kind_id is not None:
                self._preparations[row.file.visit_kind_id, row.file.language] = row.file_id

    def find(self, approved: Approved, scene: Scene, *, until: datetime) -> Top | None:
        """
        Return the file for a message, None where there is none, or none that lasts.

        :param until: when the message is useful at the latest: the file has to be kept so long
        """
        file_id = self._preparation(scene) if approved.uses_preparation else approved.file_id
        upload = self._uploads.get(file_id or 0)
        if upload is None or upload.uploaded_at + _KEPT_FOR < until:
            return None
        return Top(upload.media_id, upload.file.name)

    def _preparation(self, scene: Scene) -> int | None:
        # Its name and words tell what the visit is for.
        if scene.appointment is None or not scene.may_name_the_kind:
            return None
        kind = scene.appointment.kind_id
        exact = self._preparations.get((kind, scene.language))
        root = root_of(scene.language)
        related = (
            file_id
            for (of, code), file_id in self._preparations.items()
            if of == kind and root_of(code) == root
        )
        return exact or next(related, None)
