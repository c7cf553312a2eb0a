"""The clinic's number among words for a patient: whole on one line, and dialed at a touch."""

import re
from dataclasses import dataclass

from healthmsg.clinic.models import Clinic


@dataclass(frozen=True)
class Words:
    """Words, parted where the clinic's number stands in them."""

    before: str
    number: str  # "" where it does not
    after: str

    @property
    def dial(self) -> str:
        return re.sub(r"[^+\d]", "", self.number)


def parted(words: str, clinic: Clinic) -> Words:
    if not clinic.phone:
        return Words(words, "", "")
    return Words(*words.partition(clinic.phone))
