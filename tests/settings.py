"""The house's settings, on servers of the tests' own in a temporary directory."""

import atexit
import os

from tests import leftovers

# One directory for the run and all processes it starts; never the checkout's own data. With
# `pytest -n 2` each of the two that share the tests has servers of its own.
if os.environ.get("HEALTHMSG_TESTS_BY", "") != os.environ.get("PYTEST_XDIST_WORKER", ""):
    os.environ["HEALTHMSG_TESTS_BY"] = os.environ["PYTEST_XDIST_WORKER"]
    os.environ.pop("HEALTHMSG_VAR", None)
if "HEALTHMSG_VAR" not in os.environ:
    directory = leftovers.new_directory()
    os.environ["HEALTHMSG_VAR"] = str(directory)
    os.environ["HEALTHMSG_VAR_DURABLE"] = "0"
    atexit.register(leftovers.remove_later, directory)

from healthmsg.settings import *  # noqa: F403 - the variables come first
from healthmsg.settings import DATABASES, INSTALLED_APPS

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"].pop("OPTIONS", None)
# Before Django's own commands: its `flush` takes most of a second.
INSTALLED_APPS = ["tests.emptying", *INSTALLED_APPS]
