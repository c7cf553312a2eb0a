"""What a checked message is, once its JSON has been read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whatsapp.sandbox.templates import Template


@dataclass(frozen=True, slots=True)
class Button:
    """Something that the patient can tap: `key` is the payload or id that comes back."""

    key: str
    title: str
    description: str = ""
    section: str = ""  # the heading above a list's row


@dataclass(frozen=True, slots=True)
class Link:
    """A button that leads elsewhere; nothing comes back."""

    title: str
    address: str  # http:, https: or tel:


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file or a place: one of `media_id` and `link` says where a file is."""

    kind: str  # image, video, audio, document, sticker or location
    media_id: str = ""
    link: str = ""
    name: str = ""  # of the file, or of the place
    address: str = ""  # of the place: where it is, or its coordinates


@dataclass(frozen=True, slots=True)
class Content:
    """What is said, and what may be tapped under it."""

    text: str
    header: str = ""
    footer: str = ""
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()
    list_label: str = ""  # of the button that opens a list; the buttons are then its rows
    attachment: Attachment | None = None
    reacts_to: str = ""  # the message that this is a reaction to; its text is the emoji
    template: "Template | None" = None
    fails_with: int = (
        0  # noticed after the answer: 131053 for a link that cannot be fetched, 131009
    )

    @property
    def media_id(self) -> str:
        """The file uploaded before, or ""."""
        return self.attachment.media_id if self.attachment else ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that has passed every check of its body."""

    to: str
    wa_id: str
    kind: str
    callback: str | None
    content: Content
    user_id: str = ""
    identity: str = ""  # the hash of whom it is meant for; "" is whoever has the number

    @property
    def is_marketing(self) -> bool:
        template = self.content.template
        return template is not None and template.category == "MARKETING"

    @property
    def is_template(self) -> bool:
        return self.content.template is not None
