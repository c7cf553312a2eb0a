"""How people sign in: which passwords are taken, how they are kept, and what wrong ones lock."""

from datetime import timedelta
from typing import Any

LOCKED_FOR = timedelta(minutes=15)
_VALIDATION = "django.contrib.auth.password_validation"

SETTINGS: dict[str, Any] = {
    # Long is what counts; which signs are in it is left to whoever has to remember it.
    "AUTH_PASSWORD_VALIDATORS": [
        {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
        {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
        {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    ],
    "PASSWORD_HASHERS": [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        # What was kept before is read, and kept anew when its owner signs in.
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ],
    "AUTHENTICATION_BACKENDS": [
        "axes.backends.AxesStandaloneBackend",
        "healthmsg.cockpit.person.PersonBackend",
    ],
    # Wrong passwords lock a name for whoever tries it from that address: nobody locks out somebody
    # who sits elsewhere. Many from many addresses are slowed in healthmsg.desk.signing_in.forms.
    "AXES_LOCKOUT_PARAMETERS": [["username", "ip_address"]],
    "AXES_FAILURE_LIMIT": 6,
    "AXES_COOLOFF_TIME": LOCKED_FOR,
    "AXES_RESET_ON_SUCCESS": True,
    "AXES_LOCKOUT_CALLABLE": "healthmsg.desk.signing_in.pages.locked",
    "AXES_CLIENT_IP_CALLABLE": "healthmsg.cockpit.visitors.address_of",
    "AXES_ENABLE_ADMIN": False,
    "AXES_VERBOSE": False,
    "AXES_DISABLE_ACCESS_LOG": True,
    "OTP_TOTP_ISSUER": "healthmsg",
}
