"""The house's settings, on servers of the tests' own in a temporary directory."""

import os
import tempfile
from pathlib import Path

# One directory for the run and all processes it starts; never the checkout's own data.
if "HEALTHMSG_VAR" not in os.environ:
    os.environ["HEALTHMSG_VAR"] = tempfile.mkdtemp(prefix="healthmsg-tests-")
    os.environ["HEALTHMSG_VAR_DURABLE"] = "0"
    Path(os.environ["HEALTHMSG_VAR"]).chmod(0o711)
    # The keeper stops the servers once this process is gone; until then the directory is theirs.
    REMOVE_AT_END = os.environ["HEALTHMSG_VAR"]

from healthmsg.settings import *  # noqa: E402, F403 - the variables come first
from healthmsg.settings import DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 2, "socket_connect_timeout": 2}
DATABASES["default"].pop("OPTIONS", None)
