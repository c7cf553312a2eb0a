"""How a number goes, as a mark for every page that shows one."""

from healthmsg.clinic.models import Phone, PhoneState
from healthmsg.cockpit import Tone, mark

_TONES = {
    PhoneState.NEW: Tone.QUIET,
    PhoneState.REACHED: Tone.GOOD,
    PhoneState.FAILING: Tone.ASKS,
    PhoneState.WRONG_PERSON: Tone.BAD,
    PhoneState.STOPPED: Tone.BAD,
}


def phone_mark(phone: Phone) -> str:
    return mark(phone.get_state_display(), _TONES[PhoneState(phone.state)])
