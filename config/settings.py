"""All settings. Operational knobs only: weights and thresholds live in schemes."""

from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from audit import keyring
from config import env, refusals

ROOT = Path(__file__).resolve().parent.parent
VAR = env.folder("MINPING_VAR", default=ROOT / "var")
EMBEDDED = env.boolean("MINPING_EMBEDDED", default=False)
DEBUG = env.boolean("MINPING_DEBUG", default=False)

# Keys (T99): files of 32 random bytes. No default exists: a default key is a
# published key.
KEYS = env.folder("MINPING_KEYS", default=VAR / "keys")
HALF_KEYS = [
    Path(part)
    for part in env.words(
        "MINPING_HALF_KEYS", default=(str(KEYS / "half-a"), str(KEYS / "half-b"))
    )
]
# Algorithms of what is written from now on (T97); what was written stays readable.
HASH = env.choice("MINPING_HASH", default="SHA-256", choices=("SHA-256", "SM3"))
FIELD_CIPHER = env.choice(
    "MINPING_FIELD_CIPHER", default="AES-256-GCM", choices=("AES-256-GCM", "SM4-GCM")
)
refusals.refuse_missing_keys(KEYS, HASH)
refusals.refuse_default_keys(KEYS)
SECRET_KEY = keyring.current(KEYS, "django").secret.hex()

# Residents and staff: one address, or two with cookies of their own (T115).
PUBLIC_URL = env.text("MINPING_URL", "http://127.0.0.1:8000").rstrip("/")
STAFF_URL = env.text("MINPING_STAFF_URL", PUBLIC_URL).rstrip("/")
RESIDENT_HOST, STAFF_HOST = (urlsplit(url).netloc for url in (PUBLIC_URL, STAFF_URL))
ALLOWED_HOSTS = env.words(
    "MINPING_HOSTS",
    default=tuple(
        dict.fromkeys(
            (
                *("localhost", "127.0.0.1", "[::1]"),
                *map(refusals.host_of, (PUBLIC_URL, STAFF_URL)),
            )
        )
    ),
)
refusals.refuse_open_house(
    debug=DEBUG, hosts=ALLOWED_HOSTS, addresses=(PUBLIC_URL, STAFF_URL)
)

# Whom the notice names to the residents (T104); the demo has names of its own.
NOTICE_OF_DEMO = {
    "responsible": "演示区委组织部",
    "contact": "000-00000000",
    "agency": "演示调查公司",
}
NOTICE = {
    name: env.text(f"MINPING_{name.upper()}", demo).strip() or demo
    for name, demo in NOTICE_OF_DEMO.items()
}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "config.apps.HouseConfig",
    "audit",
    "accounts",
    "jobs",
    "officials",
    "residents",
    "ballots",
    "surveys",
    "evaluations",
    "demo",
]

MIDDLEWARE = [
    "config.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.hosts.TwoHostsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.language.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.DeskDoor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.staff_menu",
            ],
        },
    },
]

# A URL is enough to move to an external server; script/server gives its own.
DATABASES = {
    "default": dj_database_url.parse(
        env.required(
            "DATABASE_URL",
            hint="Use script/server or script/manage, or give the address of a"
            " PostgreSQL server: postgresql://user:password@host/name",
        ),
        conn_max_age=60,
        conn_health_checks=True,
    )
}
if "postgresql" not in DATABASES["default"]["ENGINE"]:
    message = "DATABASE_URL must name a PostgreSQL server (postgresql://…)."
    raise ImproperlyConfigured(message)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.required(
    "REDIS_URL",
    hint="Use script/server or script/manage, or give redis://host:6379/0",
)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
    },
}

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "accounts.passwords.ClassesValidator"},
    {"NAME": "accounts.passwords.WellKnownValidator"},
    {"NAME": "accounts.passwords.NotUsedBeforeValidator"},
]
# A password older than this must be changed at sign-in; 0 lets it stay (T89).
PASSWORD_DAYS = env.integer("MINPING_PASSWORD_DAYS", default=90, lowest=0, highest=365)
# How many proxies of our own stand before the web server: so many entries at the end
# of X-Forwarded-For are true. Used for the sign-in of staff only (T109).
PROXIES = env.integer("MINPING_PROXIES", default=0, lowest=0, highest=5)
# Where messages of publications may go (T114): host names, and networks or addresses
# for hosts that are not on the public internet. Empty: nowhere.
WEBHOOK_HOSTS = env.words("MINPING_WEBHOOK_HOSTS", default=())
# The Chinese font of PDF papers; empty: the first that is found on the machine.
PDF_FONT = env.text("MINPING_PDF_FONT", "")
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "accounts:home"
LOGOUT_REDIRECT_URL = "accounts:sign-in"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = VAR / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR / "files", "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_MANIFEST_STRICT = True
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
UPLOAD_MAX_BYTES = 20 * 1024 * 1024

# More names and numbers shown to one user in a day than this alert the auditor (T77).
AUDIT_REVEALS = env.integer(
    "MINPING_AUDIT_REVEALS", default=200, lowest=20, highest=2000
)

# Security (T106, T107). Behind TLS the cookies carry the __Host- prefix.
HTTPS = PUBLIC_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# Nothing to other hosts. "no-referrer" would also turn the Origin of our own forms
# into "null", which the CSRF check must refuse: no browser could post anything.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_FAILURE_VIEW = "surveys.ballot_side_views.csrf_failure"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL, STAFF_URL] if HTTPS else []
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "django_language"
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY = HTTPS, True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# Nothing that vanishes with Redis is lost: the database says what is due.
CELERY_REDIS_URL = REDIS_URL.replace("unix://", "redis+socket://").replace(
    "?db=", "?virtual_host="
)

# Standard error only, without request bodies or addresses (T61, T62).
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "filters": {"no_request": {"()": "config.quiet_logs.DropRequest"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["no_request"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "django.server": {"handlers": [], "propagate": False},
        # It would list the signs of the names on a paper.
        "fontTools": {"level": "WARNING"},
        # A refused page is no fault, and a line with its moment would be a trace: a
        # 409 is written for nobody but who replaces a ballot (T61, T138).
        "django.request": {"level": "ERROR"},
        "django.security.csrf": {"level": "ERROR"},
    },
}
SITE_NAME = _("民评")
