"""Settings of the platform, from the environment; the defaults are those of a trial on one's own machine.

``DATABASE_URL`` names the operator's PostgreSQL (without it ``lingtan serve`` starts the embedded one);
``LINGTAN_DATA`` the folder of files (readings, evidence, keys); ``LINGTAN_HOSTS`` the host names, by comma;
``LINGTAN_SECRET`` the key that signs sessions; ``LINGTAN_PASSWORDS`` is ``dengbao`` or ``asvs``.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pgtrigger
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("LINGTAN_DATA") or Path.home() / ".local" / "share" / "lingtan" / "platform")
DEBUG = False
TRIAL = os.environ.get("LINGTAN_TRIAL", "") == "1"
JOBS_INLINE = os.environ.get("LINGTAN_JOBS") == "inline"
#: Where people reach the platform: links in e-mails and chats begin with it.
ADDRESS = os.environ.get("LINGTAN_ADDRESS", "http://127.0.0.1:8000")
#: Relays of webhooks beside the houses' own hosts.
WEBHOOKS = [one for one in os.environ.get("LINGTAN_WEBHOOKS", "").split(",") if one]
#: Zone of what belongs to no park.
PARK_ZONE = os.environ.get("LINGTAN_ZONE", "Asia/Shanghai")
ALLOWED_HOSTS = [host for host in os.environ.get("LINGTAN_HOSTS", "127.0.0.1,localhost").split(",") if host]
CSRF_TRUSTED_ORIGINS = [host for host in os.environ.get("LINGTAN_ORIGINS", "").split(",") if host]


def _secret() -> str:
    """Return the key of the environment, or the one kept in the data folder by `embedded.prepare`."""
    given = os.environ.get("LINGTAN_SECRET")
    kept = DATA / "secret"
    if given or kept.is_file():
        return given or kept.read_text("utf-8").strip()
    raise ImproperlyConfigured(f"Expected LINGTAN_SECRET or {kept}; run: lingtan serve, which writes the file.")


def database(url: str) -> dict[str, object]:
    """Return Django's database entry of a ``postgresql://`` address."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"Expected DATABASE_URL to begin with postgresql://, got {parts.scheme}://")
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {**query, "pool": {"min_size": 1, "max_size": 8, "timeout": 20}},
    }


SECRET_KEY = _secret()
DATABASES = {"default": database(os.environ.get("DATABASE_URL", "postgresql:///lingtan"))}
#: The trial's own server: `check --deploy` says so, and restoring may empty it.
EMBEDDED = os.environ.get("LINGTAN_EMBEDDED") == "1"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# History is written once a statement, not once a row: an import of 50,000 rows costs the database 2 s and not 19 s.
PGHISTORY_LEVEL = pgtrigger.Statement

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "csp",
    "lingtan.web.people",
    "lingtan.web.park",
    "lingtan.web.metering",
    "lingtan.web.account",
    "lingtan.web.reporting",
    "lingtan.web.programme",
    "lingtan.web.publish",
    "lingtan.web.papers",
    "lingtan.web.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "lingtan.web.people.sign.middleware.AuditMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "lingtan.web.people.sign.middleware.PersonMiddleware",
    "lingtan.web.kernel.history.HistoryMiddleware",
    "lingtan.web.programme.frame.BellMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "lingtan.web.urls"
WSGI_APPLICATION = "lingtan.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lingtan.web.kernel.frame.frame",
                "lingtan.web.programme.frame.bell",
                "lingtan.web.details.help.help_text",
            ],
            "builtins": ["lingtan.web.kernel.tags"],
        },
    }
]

# --- People -----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
PASSWORD_PROFILE = os.environ.get("LINGTAN_PASSWORDS", "dengbao")
AUTH_PASSWORD_VALIDATORS = [{"NAME": "lingtan.web.people.sign.passwords.ProfileValidator"}]
PASSWORD_RESET_TIMEOUT = 3600
INVITATION_DAYS = 7
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "lingtan.web.people.sign.adapters.AccountAdapter"
ACCOUNT_FORMS = {"login": "lingtan.web.people.sign.forms.LoginForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_RATE_LIMITS = {"login_failed": "60/m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("LINGTAN_PROXIES", "0"))
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_ADAPTER = "lingtan.web.people.sign.factors.FactorAdapter"
MFA_TOTP_ISSUER = "Lingtan"
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = TRIAL
# Roles that need a second factor; a trial asks for none unless the environment names them.
MFA_ROLES = [
    role for role in os.environ.get("LINGTAN_MFA", "" if TRIAL else "system,security,audit").split(",") if role
]
# Where a copy of the audit log goes as it grows, and the authority that signed the collector's certificate.
SYSLOG = os.environ.get("LINGTAN_SYSLOG", "")
SYSLOG_CA = os.environ.get("LINGTAN_SYSLOG_CA", "")
USERSESSIONS_TRACK_ACTIVITY = True
# In the database: limits on sign-ins and codes that served hold over all processes.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "lingtan_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "lingtan.web.people.sign.adapters.login_name"
AXES_CLIENT_IP_CALLABLE = "lingtan.web.people.audit.address"
AXES_LOCKOUT_CALLABLE = "lingtan.web.people.sign.adapters.locked_out"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

SOCIALACCOUNT_ADAPTER = "lingtan.web.people.sign.adapters.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_STORE_TOKENS = False
OIDC = {name: os.environ.get(f"LINGTAN_OIDC_{name.upper()}", "") for name in ("server", "client", "secret", "name")}
# Chromium holds the redirect after signing in there against form-action too.
OIDC_ORIGIN = ["{0.scheme}://{0.netloc}".format(urlsplit(OIDC["server"]))] if OIDC["server"] else []
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "provider_class": "lingtan.web.people.sign.openid.Provider",
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "work",
                "name": OIDC["name"] or "OpenID Connect",
                "client_id": OIDC["client"],
                "secret": OIDC["secret"],
                "settings": {"server_url": OIDC["server"]},
            }
        ]
        if OIDC["server"]
        else [],
    }
}

# Minutes without a sign of the person, hours at most, sessions at once. The cookie outlives both limits, so that the
# server can tell whose session ended and keep what was typed.
SESSION_IDLE_S = 60 * int(os.environ.get("LINGTAN_IDLE_MINUTES", "30"))
SESSION_ABSOLUTE_S = 3600 * int(os.environ.get("LINGTAN_SESSION_HOURS", "12"))
SESSIONS_AT_ONCE = int(os.environ.get("LINGTAN_SESSIONS", "3"))
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_S + 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not TRIAL
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = not TRIAL
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_HSTS_SECONDS = 0 if TRIAL else 31_536_000
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF, *OIDC_ORIGIN],
        "frame-ancestors": [NONE],
    }
}

# --- Programs: requests a minute by token, and by the client's address ------------------------------------------------

LINGTAN_API_RATE = int(os.environ.get("LINGTAN_API_RATE", "600"))
LINGTAN_API_ADDRESS_RATE = int(os.environ.get("LINGTAN_API_ADDRESS_RATE", "1200"))

# --- Language and time ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [HERE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Files ------------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [HERE / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA / "files"}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
EMAIL_BACKEND = os.environ.get("LINGTAN_EMAIL", "django.core.mail.backends.console.EmailBackend")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
