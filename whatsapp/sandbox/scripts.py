"""Patients who follow a script: what they do when a message of a certain kind has reached them."""

from dataclasses import dataclass, field
from typing import Any

from whatsapp.sandbox.outgoing import Outgoing
from whatsapp.sandbox.shapes import Json


@dataclass(frozen=True, slots=True)
class Step:
    """
    One answer, given once.

    :param on: the type of our message or the name of its template; "" is any
    :param has: words that its text must have
    :param do: an act as of the control call `inbound`: {"tap": 0}, {"text": "Gracias"}, ...
    :param after: real seconds before it, besides the time that patients take to think
    """

    do: Json = field(default_factory=dict)
    on: str = ""
    has: str = ""
    after: float = 0.0

    def fits(self, message: Outgoing) -> bool:
        template = message.content.template
        kinds = {"", message.kind, template.name if template else ""}
        return self.on in kinds and self.has in message.content.text


class Scripts:
    """The steps that each patient has still to take, in their order."""

    def __init__(self) -> None:
        self._steps: dict[str, list[Step]] = {}

    def __bool__(self) -> bool:
        return bool(self._steps)

    def clear(self) -> None:
        self._steps.clear()

    def give(self, wishes: dict[str, list[dict[str, Any]] | None]) -> None:
        """
        Give patients their scripts; None takes one away.

        :raises ValueError: a step with an unknown field; nobody was given anything
        """
        try:
            scripts = {
                wa_id.lstrip("+"): [Step(**step) for step in steps or ()]
                for wa_id, steps in wishes.items()
            }
        except TypeError:
            raise ValueError("unknown field of a step") from None
        for wa_id, steps in scripts.items():
            self._steps[wa_id] = steps
            if not steps:
                del self._steps[wa_id]

    def next(self, wa_id: str, message: Outgoing) -> Step | None:
        """Take the first step that this message is the cue for."""
        steps = self._steps.get(wa_id, [])
        chosen = next((step for step in steps if step.fits(message)), None)
        if chosen is not None:
            steps.remove(chosen)
            if not steps:
                del self._steps[wa_id]
        return chosen
