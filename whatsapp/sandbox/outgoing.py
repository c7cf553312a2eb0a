"""What a checked message of ours is, once its JSON has been read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from whatsapp.sandbox.places import Place

if TYPE_CHECKING:
    from whatsapp.sandbox.templates import Template


@dataclass(frozen=True, slots=True)
class Button:
    """Something that the patient can tap: `key` is the payload or id that comes back."""

    key: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What is said, and what may be tapped under it."""

    text: str
    header: str = ""
    footer: str = ""
    buttons: tuple[Button, ...] = ()
    is_list: bool = False
    template: "Template | None" = None
    media_id: str = ""  # of a file uploaded before
    place: Place | None = None  # on top of a template, or the whole message
    fails_with: int = (
        0  # noticed after the answer: 131053 for a link that cannot be fetched, 131009
    )


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
