"""Django settings, read from the environment that `gusu up` or an administrator sets.

GUSU_DATA   the data folder (lake, embedded database, run files); default ./data
GUSU_KEYS   the key folder, outside the data folder; default ~/.config/gusu/keys
DATABASE_URL  a PostgreSQL >= 15; `gusu up` sets it to the embedded one when it is absent
GUSU_HOSTS  comma-separated host names the site answers to; default loopback only
GUSU_HTTPS  "1" when a proxy in front speaks HTTPS: cookies become Secure
GUSU_PUBLIC_URL  what the QR codes on licences begin with; default the address of `up`
GUSU_DEMO   "0" for a real city: no invented people, and a first administrator instead; default "1"
GUSU_LAKE   where the lake's files are, a folder or an fsspec address; default $GUSU_DATA/lake
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gusu.kernel.crypto.keys import site_secret

PACKAGE = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("GUSU_DATA", "data")).resolve()
LAKE = os.environ.get("GUSU_LAKE") or str(DATA / "lake")


def database(url: str) -> dict[str, object]:
    """A DATABASE_URL as Django's dictionary; query parameters become connection options (sslmode, host=/socket)."""
    parts = urlsplit(url)
    options = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    host = unquote(options.pop("host", parts.hostname or ""))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "gusu",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


DATABASES = {"default": database(os.environ.get("DATABASE_URL", "postgresql:///gusu"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SECRET_KEY = site_secret("django")
DEMO = os.environ.get("GUSU_DEMO", "1") == "1"
PUBLIC_URL = os.environ.get("GUSU_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
HTTPS = os.environ.get("GUSU_HTTPS") == "1"
DEBUG = False
ALLOWED_HOSTS = [
    host for host in os.environ.get("GUSU_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",") if host
]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "gusu.kernel",
    "gusu.identity",
    "gusu.resources",
    "gusu.services",
    "gusu.governance",
    "gusu.site",
]
MIDDLEWARE = [
    "gusu.kernel.looks.headers.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "gusu.site.size.OnlySoMuch",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "gusu.identity.access.DefaultDeny",
    "gusu.site.text.OnlyText",
    "gusu.kernel.looks.errors.Refusals",
]
CSRF_FAILURE_VIEW = "gusu.kernel.looks.errors.csrf_failure"
GUSU_CHROME = "gusu.spaces.public.frame.chrome"
ROOT_URLCONF = "gusu.site.urls"
WSGI_APPLICATION = "gusu.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [],
        "APP_DIRS": False,
        "OPTIONS": {"environment": "gusu.kernel.looks.jinja.environment"},
    }
]

AUTH_USER_MODEL = "identity.Account"
AUTHENTICATION_BACKENDS = ["gusu.identity.access.NoBackend"]
PASSWORD_HASHERS = ["gusu.identity.passwords.TunedArgon2"]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/space"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = USE_TZ = True

UPLOADS = DATA / "run" / "uploads"  # what is being sent holds personal rows: not the system's /tmp
UPLOADS.mkdir(mode=0o700, parents=True, exist_ok=True)
FILE_UPLOAD_TEMP_DIR = str(UPLOADS)

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [PACKAGE / "kernel" / "looks" / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = None  # `wiring` imports the rooms' jobs

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("GUSU_LOG", "INFO")},
    "loggers": {"procrastinate": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}
