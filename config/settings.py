"""All settings in one file. What may differ per installation comes from the environment, typed, and complains loudly."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from chengxin.core.postgres import database_target
from chengxin.core.secrets import local_secret

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
VENDOR_DIR = VAR_DIR / "vendor"


class SettingError(RuntimeError):
    """An environment variable that cannot be understood; the message names it."""


def env_text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def env_flag(name: str, *, default: bool = False) -> bool:
    value = env_text(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise SettingError(f"环境变量 {name} 应为 0 或 1，现为“{value}”。")


def env_number(name: str, default: int, *, least: int, most: int) -> int:
    text = env_text(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise SettingError(f"环境变量 {name} 应为 {least} 到 {most} 的整数，现为“{text}”。")
    return int(text)


def env_list(name: str) -> list[str]:
    return [part.strip() for part in env_text(name).split(",") if part.strip()]


TESTING = env_flag("CHENGXIN_TESTING")
DEBUG = env_flag("CHENGXIN_DEBUG")

# where the data lie: database, files, keys
DATA_DIR = Path(env_text("CHENGXIN_DATA") or VAR_DIR / "data").resolve()
DATABASE_TARGET = database_target(os.environ, VAR_DIR)

SECRET_KEY = env_text("CHENGXIN_SECRET_KEY") or local_secret(DATA_DIR / "keys", "session")

# hosts and transport; behind TLS set CHENGXIN_HTTPS=1
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *env_list("CHENGXIN_HOSTS")]
CSRF_TRUSTED_ORIGINS = env_list("CHENGXIN_ORIGINS")
HTTPS = env_flag("CHENGXIN_HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# how many reverse proxies of ours stand in front: whose word of the caller's address counts
CHENGXIN_PROXIES = env_number("CHENGXIN_PROXIES", 0, least=0, most=5)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "chengxin.ui",
    "chengxin.audit",
    "chengxin.files",
    "chengxin.people",
    "chengxin.rulebook",
    "chengxin.findings",
    "chengxin.draws",
    "chengxin.duty",
    "chengxin.exams",
    "chengxin.contests",
    "chengxin.activities",
    "chengxin.equipment",
    "chengxin.evidence",
    "chengxin.attire",
    "chengxin.complaints",
    "chengxin.measures",
    "chengxin.conduct",
    "chengxin.casereviews",
    "chengxin.supervision",
    "chengxin.appraisal",
    "chengxin.bulletins",
    "chengxin.reports",
    "chengxin.consultations",
    "chengxin.portal",
    "chengxin.notices",
    "chengxin.transfer",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "ninja",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "chengxin.ui.middleware.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "chengxin.ui.middleware.IdleLogout",
    "chengxin.people.middleware.PasswordAge",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": sorted((BASE_DIR / "chengxin").glob("*/templates")),
        "APP_DIRS": False,
        "OPTIONS": {"environment": "chengxin.ui.jinja.environment", "context_processors": ["chengxin.ui.pages.shell"]},
    },
    {  # pages of allauth that have no page of ours
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "chengxin.ui.postgresql",
        "NAME": DATABASE_TARGET.name,
        "USER": DATABASE_TARGET.user,
        "PASSWORD": DATABASE_TARGET.password,
        "HOST": DATABASE_TARGET.host,
        "PORT": DATABASE_TARGET.port,
        "OPTIONS": dict(DATABASE_TARGET.options),
        "CONN_MAX_AGE": None,  # a new connection per request costs more than the request
        "CONN_HEALTH_CHECKS": True,
    }
}

# shared by the web workers: rate limits must count across them
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache_entry"}}

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True  # Django's and allauth's own messages in Chinese
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [("vendor", VENDOR_DIR)]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = TESTING or DEBUG

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
PHOTO_MAX_BYTES = env_number("CHENGXIN_PHOTO_MAX_MB", 20, least=1, most=200) * 1024 * 1024
# footage: a directory of its own may be another disk or a mount
FOOTAGE_DIR = Path(env_text("CHENGXIN_FOOTAGE") or DATA_DIR / "footage").resolve()
# the second copy of important footage; by default beside it, which protects against a flipped byte and not against a lost disk
FOOTAGE_COPY_DIR = Path(env_text("CHENGXIN_FOOTAGE_COPY") or DATA_DIR / "footage-copy").resolve()
# or buckets of an S3 store, each instead of its directory
FOOTAGE_BUCKET = env_text("CHENGXIN_FOOTAGE_BUCKET")
FOOTAGE_COPY_BUCKET = env_text("CHENGXIN_FOOTAGE_COPY_BUCKET")


def s3_access(prefix: str, default: dict[str, str]) -> dict[str, str]:
    """Where a store is and who asks, from the environment; what is not set there is the default's."""
    names = {"url": "URL", "access_key": "ACCESS_KEY", "secret_key": "SECRET_KEY", "region": "REGION", "authority": "CA"}
    return {name: env_text(f"{prefix}_{ending}") or default[name] for name, ending in names.items()}


S3 = s3_access("CHENGXIN_S3", {"url": "", "access_key": "", "secret_key": "", "region": "us-east-1", "authority": ""})
S3_COPY = s3_access("CHENGXIN_S3_COPY", S3)  # the second copy may lie in another store altogether
for _bucket, _told in ((FOOTAGE_BUCKET, S3), (FOOTAGE_COPY_BUCKET, S3_COPY)):
    if _bucket and not (_told["url"] and _told["access_key"] and _told["secret_key"]):
        raise SettingError("设了影像存储桶，须同时设 CHENGXIN_S3_URL、CHENGXIN_S3_ACCESS_KEY 和 CHENGXIN_S3_SECRET_KEY。")
# doors of the store past its S3 gateway, which its self-test must find shut
STORE_FILERS, STORE_MASTERS = env_list("CHENGXIN_STORE_FILERS"), env_list("CHENGXIN_STORE_MASTERS")
DOCUMENT_MAX_BYTES = env_number("CHENGXIN_DOCUMENT_MAX_MB", 50, least=1, most=500) * 1024 * 1024
# the folder of a speech model, where transcripts are to be made on this machine (the extra "speech")
SPEECH_MODEL = env_text("CHENGXIN_SPEECH_MODEL")

# who acts
AUTH_USER_MODEL = "people.User"
CHENGXIN_ACTOR = "chengxin.people.access.actor_for_request"
CHENGXIN_TOKEN_ACTOR = "chengxin.people.access.actor_for_token"
CHENGXIN_LIST_EXPORT = "chengxin.transfer.services.deliver"
CHENGXIN_IDLE_MINUTES = env_number("CHENGXIN_IDLE_MINUTES", 30, least=5, most=30)
CHENGXIN_PASSWORD_DAYS = env_number("CHENGXIN_PASSWORD_DAYS", 90, least=1, most=90)

LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = ["chengxin.people.passwords.PasswordBackend", "chengxin.people.directory.DirectoryBackend"]
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False  # phones and kiosks are shared: a session ends with the browser
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_ADAPTER = "chengxin.people.signin.SignInAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_ADAPTER = "chengxin.people.signin.CityAdapter"
if env_text("CHENGXIN_OIDC_URL"):  # single sign-on of the city; users are matched by their number, never made
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "oidc",
                    "name": env_text("CHENGXIN_OIDC_NAME", "统一身份认证"),
                    "client_id": env_text("CHENGXIN_OIDC_CLIENT"),
                    "secret": env_text("CHENGXIN_OIDC_SECRET"),
                    "settings": {"server_url": env_text("CHENGXIN_OIDC_URL")},
                }
            ]
        }
    }
# the city's directory: its passwords sign in users that exist here
LDAP = {
    "url": env_text("CHENGXIN_LDAP_URL"),
    "dn": env_text("CHENGXIN_LDAP_DN"),
    "base": env_text("CHENGXIN_LDAP_BASE"),
    "filter": env_text("CHENGXIN_LDAP_FILTER", "(uid={})"),
    "reader": env_text("CHENGXIN_LDAP_READER"),
    "reader_password": env_text("CHENGXIN_LDAP_READER_PASSWORD"),
    "authority": env_text("CHENGXIN_LDAP_CA"),
}
if LDAP["url"] and not LDAP["url"].startswith(("ldap://", "ldaps://")):
    raise SettingError("CHENGXIN_LDAP_URL 应以 ldaps:// 或 ldap:// 开头。")
if LDAP["url"] and not LDAP["dn"] and not (LDAP["base"] and LDAP["reader"] and LDAP["reader_password"]):
    raise SettingError("设了 CHENGXIN_LDAP_URL，须设 CHENGXIN_LDAP_DN，或 CHENGXIN_LDAP_BASE、CHENGXIN_LDAP_READER 和 _READER_PASSWORD。")
for _name in ("dn", "filter"):
    if LDAP["url"] and LDAP[_name] and "{}" not in LDAP[_name]:
        raise SettingError(f"CHENGXIN_LDAP_{_name.upper()} 须含 {{}}，代表用户名。")
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "城心"
# WebAuthn refuses plain http; browsers accept it on localhost, which is where the demo runs
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "chengxin.people.signin.ThreeKinds"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"] if TESTING else ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]

# notices: the address of this site in messages, the mail server, and to which services a robot's message may go at all
SITE_URL = env_text("CHENGXIN_SITE").rstrip("/")
EMAIL_HOST, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = (env_text(f"CHENGXIN_SMTP_{name}") for name in ("HOST", "USER", "PASSWORD"))
SMTP_TRANSPORT = env_text("CHENGXIN_SMTP_TRANSPORT", "starttls")
if SMTP_TRANSPORT not in {"starttls", "ssl", "plain"}:
    raise SettingError(f"环境变量 CHENGXIN_SMTP_TRANSPORT 应为 starttls、ssl 或 plain，现为“{SMTP_TRANSPORT}”。")
EMAIL_USE_TLS, EMAIL_USE_SSL = SMTP_TRANSPORT == "starttls", SMTP_TRANSPORT == "ssl"
EMAIL_PORT = env_number("CHENGXIN_SMTP_PORT", {"starttls": 587, "ssl": 465, "plain": 25}[SMTP_TRANSPORT], least=1, most=65_535)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env_text("CHENGXIN_SMTP_FROM")
if EMAIL_HOST and not DEFAULT_FROM_EMAIL:
    raise SettingError("设了邮件服务器，须同时设 CHENGXIN_SMTP_FROM（发件地址）。")
ROBOT_ORIGINS = env_list("CHENGXIN_ROBOT_HOSTS") or ["https://qyapi.weixin.qq.com", "https://oapi.dingtalk.com"]
for _origin in ROBOT_ORIGINS:
    if not _origin.startswith(("https://", "http://")):
        raise SettingError(f"环境变量 CHENGXIN_ROBOT_HOSTS 的每一项应写成 https://主机，现有“{_origin}”。")

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
