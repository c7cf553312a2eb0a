#!/usr/bin/env python
"""Django's commands; those that use the database first see to it that there is one."""

import os
import sys

# Commands that must work where no server can or should be started.
WITHOUT_SERVERS = {"check", "help", "version", "collectstatic", "makemessages", "compilemessages"}
# The demo has servers of its own.
WITHOUT_SERVERS |= {"demo"}
# These change tables, not rows, or serve others; the audit learns of everybody else.
NOT_OURS = WITHOUT_SERVERS | {"migrate", "makemigrations", "runserver", "test"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "healthmsg.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    from healthmsg import redaction  # noqa: PLC0415

    sys.excepthook = redaction.log_what_ends_a_command
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command not in WITHOUT_SERVERS:
        from healthmsg import start  # noqa: PLC0415

        start.servers()
    if command in NOT_OURS:
        execute_from_command_line(sys.argv)
        return
    from healthmsg import acting  # noqa: PLC0415

    with acting.as_program(f"command {command}"):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
