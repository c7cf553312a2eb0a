"""What alarms about the server, the audit and old data say, and what to do about them."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

from healthmsg.desk.alarms.kinds import Kind

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

SAYS: dict[str, "_StrOrPromise"] = {
    Kind.DISK_FULL: gettext_lazy(
        "The disk is nearly full: %(percent)s %% are free (%(gigabytes)s GB)."
    ),
    Kind.WORK_BROKEN: gettext_lazy("It breaks off since %(since)s: %(sweep)s (%(error)s)."),
    Kind.AUDIT_LATE: gettext_lazy(
        "What was changed and looked at since %(since)s is not filed in the audit yet."
    ),
    Kind.AUDIT_BROKEN: gettext_lazy(
        "The record of who looked and changed is not what was written, from line %(line)s."
    ),
    Kind.AUDIT_OFF: gettext_lazy(
        "The database no longer notes or refuses changes as it should, of: %(tables)s."
    ),
    Kind.KEPT_TOO_LONG: gettext_lazy("Kept longer than this clinic wants: %(kinds)s."),
}
TO_DO: dict[str, "_StrOrPromise"] = {
    Kind.DISK_FULL: gettext_lazy(
        "Make room, or give the server more. A full disk stops everything, and notices are lost."
    ),
    Kind.WORK_BROKEN: gettext_lazy(
        "It is tried again and again. Look at the log of worker, and at how everything stands."
    ),
    Kind.AUDIT_LATE: gettext_lazy(
        "Look at the server: worker and beat must run, and AUDIT_KEYS must be the keys that were"
        " set before."
    ),
    Kind.AUDIT_BROKEN: gettext_lazy(
        "Somebody may have changed the database. Change nothing, keep the last backups apart, and"
        " have manage.py check_audit run, which says what is wrong."
    ),
    Kind.AUDIT_OFF: gettext_lazy(
        "Somebody with the database's password has switched triggers off. Find out who and why."
        " manage.py migrate and manage.py pgtrigger install set them up anew."
    ),
    Kind.KEPT_TOO_LONG: gettext_lazy(
        "Look at how much would go, and let it be removed. What is under a legal hold stays. Lines"
        " of who looked and changed are removed by whoever runs this system."
    ),
}
