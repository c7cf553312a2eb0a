"""Every setting of the house; the environment is read here and nowhere else. See .env.example."""

import os
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from healthmsg import beat_table, embedded, entrance, look, needed

django_stubs_ext.monkeypatch()

LOOPBACK = ("127.0.0.1", "localhost", "::1")
BASE_DIR = Path(__file__).resolve().parent.parent


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


env = environ.FileAwareEnv()
if (BASE_DIR / ".env").exists():
    env.read_env(str(BASE_DIR / ".env"))

# --- where the data is ---------------------------------------------------------------------------
EMBEDDED = embedded.Location(
    directory=Path(env.str("HEALTHMSG_VAR", default=str(BASE_DIR / "var"))),
    durable=env.bool("HEALTHMSG_VAR_DURABLE", default=True),
)
DATABASE_URL = env.str("DATABASE_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="") or EMBEDDED.redis_url
DATABASES: dict[str, Any] = {
    "default": env.db_url_config(DATABASE_URL) if DATABASE_URL else EMBEDDED.database_settings()
}
DATABASES["default"].setdefault("ENGINE", "django.db.backends.postgresql")
# Threads of an ASGI server come and go: CONN_MAX_AGE would exhaust the server, the pool does not.
if env.bool("DATABASE_POOL", default=False):
    # Beside what the address asks for, such as sslmode.
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 8}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- WhatsApp ------------------------------------------------------------------------------------
WHATSAPP_BASE_URL = env.str("WHATSAPP_BASE_URL", default="")
SANDBOX_URL = env.str("SANDBOX_URL", default="http://127.0.0.1:8085")
WHATSAPP_GRAPH_VERSION = env.str("WHATSAPP_GRAPH_VERSION", default="v25.0")
WHATSAPP_TOKEN = env.str("WHATSAPP_TOKEN", default="sandbox-token")
# The Meta app, to which samples of pictures and documents in templates are uploaded.
WHATSAPP_APP_ID = env.str("WHATSAPP_APP_ID", default="")
# Several while a secret is being rotated: each is tried.
WHATSAPP_APP_SECRETS = env.list("WHATSAPP_APP_SECRETS", default=["sandbox-app-secret"])
WHATSAPP_VERIFY_TOKEN = env.str("WHATSAPP_VERIFY_TOKEN", default="sandbox-verify-token")
# A base address on this machine is a sandbox too, by whatever variable it was named.
USES_SANDBOX = not WHATSAPP_BASE_URL or urlsplit(WHATSAPP_BASE_URL).hostname in LOOPBACK
NEEDED_FOR_LIVE = needed.FOR_LIVE
MISSING_FOR_LIVE = needed.missing(lambda name: env.str(name, ""), uses_sandbox=USES_SANDBOX)
WHATSAPP_TURN_SECONDS = env.float("WHATSAPP_TURN_SECONDS", default=20.0)

# --- alarms: who is told how, and when something counts as wrong ---------------------------------
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update({k: v for k, v in env.email("EMAIL_URL").items() if v is not None})
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default="healthmsg@localhost")
# Where links in mails lead; unset, the first of CSRF_TRUSTED_ORIGINS.
PUBLIC_URL = env.str("PUBLIC_URL", default="")
DEAD_MAN_URL = env.str("DEAD_MAN_URL", default="")
# Hosts in the server's own network that alarms may be posted to, such as a chat server's.
ALARM_HOSTS_INSIDE = env.list("ALARM_HOSTS_INSIDE", default=[])
# Meta documents no field for either: whoever made the token or entered the card knows the day.
WHATSAPP_TOKEN_EXPIRES_ON = env("WHATSAPP_TOKEN_EXPIRES_ON", cast=_day, default=None)
WHATSAPP_PAYMENT_EXPIRES_ON = env("WHATSAPP_PAYMENT_EXPIRES_ON", cast=_day, default=None)
SILENT_AFTER_MINUTES = env.float("SILENT_AFTER_MINUTES", default=5.0)
LATE_AFTER_MINUTES = env.float("LATE_AFTER_MINUTES", default=15.0)
DISK_FREE_PERCENT = env.float("DISK_FREE_PERCENT", default=10.0)
# Where other systems leave files each night; empty, none are looked for. See desk.imports.folder.
IMPORT_DIRECTORY = env.str("IMPORT_DIRECTORY", default="")
NOTICES_KEPT_DAYS = env.float("NOTICES_KEPT_DAYS", default=30.0)
# What patients sent: on this machine, or where web and worker both reach it; served by no address.
INBOUND_FILES_DIRECTORY = env.str(
    "INBOUND_FILES_DIRECTORY", default=str(EMBEDDED.directory / "inbound_files")
)
INBOUND_FILES_KEPT_DAYS = env.float("INBOUND_FILES_KEPT_DAYS", default=180.0)
# Today's visits on paper, for when everything is down; served by no address.
DAY_LISTS_DIRECTORY = env.str("DAY_LISTS_DIRECTORY", default=str(EMBEDDED.directory / "day_lists"))
# Source: domain facts, retention: six years; a clinic may say otherwise. Less than a year is no
# audit.
AUDIT_KEPT_DAYS = max(365.0, env.float("AUDIT_KEPT_DAYS", default=2190.0))
IMPORT_FILES_KEPT_DAYS = env.float("IMPORT_FILES_KEPT_DAYS", default=7.0)
DAY_LISTS_KEPT_DAYS = env.float("DAY_LISTS_KEPT_DAYS", default=3.0)
SILENCE_HOURS = env.float("SILENCE_HOURS", default=2.0)

# --- what outlives the database, and what it may be restored from --------------------------------
# Long and random; with it backups are sealed, and without it none can be opened.
BACKUP_KEY = env.str("BACKUP_KEY", default="")
STOP_JOURNAL_DIRECTORY = env.str(
    "STOP_JOURNAL_DIRECTORY", default=str(EMBEDDED.directory / "stops")
)
# What this machine calls itself: see desk.backups.machines.
MACHINE_FILE = env.str("MACHINE_FILE", default=str(EMBEDDED.directory / "machine"))

# Who may read /metrics: whoever bears this token; unset, this machine alone.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# --- Django --------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
IS_PRACTICE_KEY = not env.str("SECRET_KEY", default="")
SECRET_KEY = env.str("SECRET_KEY", default="") or "practice-only-" + "x" * 50
if IS_PRACTICE_KEY and DATABASE_URL and WHATSAPP_BASE_URL:
    raise ImproperlyConfigured("SECRET_KEY is not set; a real installation needs one of its own.")
# Numbers that must not stand somewhere in clear are remembered by it; it must never change.
NUMBERS_KEY = env.str("NUMBERS_KEY", default="") or SECRET_KEY
# The newest first; see healthmsg.clinic.patient_keys and healthmsg.clinic.strongbox.
AUDIT_KEYS = env.list("AUDIT_KEYS", default=[]) or [SECRET_KEY]
# Off: words and notices are written in clear, for the release before; see whatsapp.sealed_words.
SEAL_MESSAGES = env.bool("SEAL_MESSAGES", default=True)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
INSTALLED_APPS = [
    "healthmsg.desk",
    "reminders",
    "campaigns",
    "whatsapp",
    "healthmsg.clinic",
    "unfold",
    # Its pages are read in with the addresses (healthmsg.urls): what only sends or plans has none.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "axes",
    "csp",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "pgtrigger",
    "django_celery_beat",
]
MIDDLEWARE = [
    "healthmsg.desk.status.probes.probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "healthmsg.cockpit.policy.admin_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "healthmsg.desk.signing_in.guard.remember",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "healthmsg.cockpit.recording.Recorded",
    "healthmsg.cockpit.policy.local_time",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "healthmsg.desk.signing_in.guard.guard",
    "healthmsg.desk.nothing_to_open.nothing_to_open",
    "axes.middleware.AxesMiddleware",
]
PGHISTORY_MIDDLEWARE_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
ROOT_URLCONF = "healthmsg.urls"
ASGI_APPLICATION = "healthmsg.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "healthmsg.desk.banner.banner",
            ],
            "builtins": ["healthmsg.dates"],
        },
    }
]
AUTH_USER_MODEL = "clinic.StaffUser"
vars().update(entrance.SETTINGS)
# Addresses whose X-Forwarded-For is believed: the proxies before web, and nobody else.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
LANGUAGE_CODE = "en"
# What the screens speak, so only of these a browser may choose. Patients are written to in others
# too: healthmsg.clinic.languages.
LANGUAGES = [("en", _("English")), ("es", _("Spanish")), ("ar", _("Arabic"))]
LOCALE_PATHS = [BASE_DIR / "healthmsg" / "locale"]
FORMAT_MODULE_PATH = "healthmsg.formats"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"
# Files are served from where the apps keep them: nothing to collect, nothing to forget.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True

# --- what a browser may do -----------------------------------------------------------------------
# Who may show our pages in a frame: nobody, but the demo's page that has a phone beside the desk.
FRAMED_BY = env.str("HEALTHMSG_FRAMED_BY", default="")
IS_FRAMED = bool(FRAMED_BY) and USES_SANDBOX
FRAME_ANCESTORS = [FRAMED_BY] if IS_FRAMED else [NONE]
# Unfold's scripts (Alpine) evaluate expressions, so the admin has a policy of its own
# (healthmsg.cockpit.policy); every other page keeps this strict one.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "frame-ancestors": FRAME_ANCESTORS,
        "form-action": [SELF],
    }
}
HAS_HTTPS = env.bool("HTTPS", default=False)
SECURE_SSL_REDIRECT = HAS_HTTPS
SESSION_COOKIE_SECURE = HAS_HTTPS
CSRF_COOKIE_SECURE = HAS_HTTPS
CSRF_FAILURE_VIEW = "healthmsg.desk.signing_in.earlier.too_old"
SECURE_HSTS_SECONDS = 31_536_000 if HAS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HAS_HTTPS
SECURE_HSTS_PRELOAD = HAS_HTTPS
SESSION_ENGINE = "healthmsg.desk.signing_in.store"
# A long day; nobody there for a while ends it sooner.
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_MINUTES = env.float("SESSION_IDLE_MINUTES", default=60.0)
# After so long exports and large starts ask for the password once more.
CONFIRM_AGAIN_MINUTES = env.float("CONFIRM_AGAIN_MINUTES", default=10.0)
X_FRAME_OPTIONS = "DENY"
if IS_FRAMED:
    # The older header knows no address that may.
    MIDDLEWARE.remove("django.middleware.clickjacking.XFrameOptionsMiddleware")
if HAS_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Celery: it carries, the database remembers --------------------------------------------------
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 300
CELERY_TASK_TIME_LIMIT = 330
CELERY_TASK_PUBLISH_RETRY = False  # ringing must never make a booking wait
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
    # Tasks are bells, and beat rings again: none needs to be given back to Redis. Kombu 5.7 ends
    # the whole worker when it acknowledges one over a connection that broke in an outage.
    "ack_emulation": False,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker outlives any outage of the broker
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = beat_table.ROUTES
CELERY_BEAT_SCHEDULER = "healthmsg.beat:Scheduler"
CELERY_BEAT_SCHEDULE = beat_table.SCHEDULE
CELERY_TIMEZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "healthmsg.redaction.Formatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    # Without handlers of Django and the web servers, which print errors of the database in full.
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # Names people and addresses.
        "axes": {"handlers": [], "level": "CRITICAL"},
        "uvicorn": {"handlers": [], "propagate": True},
        # One line for each page: the links of patients and of alarms open what they lead to.
        "uvicorn.access": {"handlers": [], "level": "WARNING", "propagate": True},
        "_granian": {"handlers": [], "propagate": True},
    },
}
UNFOLD = look.UNFOLD
