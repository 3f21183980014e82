"""Signing in with the password of the city's directory (LDAP), by settings. Users are matched by their name here and never made."""

from __future__ import annotations

import ipaddress
import logging
import ssl
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest
from ldap3 import NONE, SUBTREE, Connection, Server, Tls
from ldap3.core.exceptions import LDAPException, LDAPInvalidDnError
from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import escape_rdn

from chengxin.people import access
from chengxin.people.models import User

PATIENCE_S = 5  # somebody waits at the sign-in page
log = logging.getLogger(__name__)


class DirectorySilent(Exception):
    """The directory could not be asked: whether the password is right is not known."""


class DirectoryBackend(BaseBackend):
    """Asked after the own passwords. A request whose directory did not answer is marked, so that the page says so."""

    def authenticate(self, request: HttpRequest | None, username: str = "", password: str = "", **_: Any) -> User | None:
        """The user of a name whose password the directory knows; None for strangers, wrong passwords and where no directory is set."""
        # a bind without a password is no proof of anything: directories answer it with success (RFC 4513, 5.1.2)
        if not settings.LDAP["url"] or not username or not password:
            return None
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            return None
        try:
            return user if knows(username, password) else None
        except DirectorySilent:
            if request is not None:
                request.directory_silent = True  # type: ignore[attr-defined]
            return None

    def get_user(self, user_id: int) -> User | None:
        return access.signed_in(user_id)


def knows(username: str, password: str) -> bool:
    """Whether the directory accepts the password for a name. Raises DirectorySilent when it cannot be asked."""
    try:
        name = _distinguished(username)
        return name is not None and _bound(name, password) is not None
    except LDAPInvalidDnError:
        return False
    except (LDAPException, OSError) as error:
        log.warning("统一目录没有回答：%s", error)
        raise DirectorySilent from error


def _distinguished(username: str) -> str | None:
    """The name under which the directory keeps a user: from the template, or looked up by the reader; None for a stranger."""
    if settings.LDAP["dn"]:
        return str(settings.LDAP["dn"]).replace("{}", escape_rdn(username))
    reader = _bound(settings.LDAP["reader"], settings.LDAP["reader_password"])
    if reader is None:
        log.error("统一目录不接受查询账号，请核对 CHENGXIN_LDAP_READER 和 CHENGXIN_LDAP_READER_PASSWORD。")
        raise DirectorySilent
    wanted = str(settings.LDAP["filter"]).replace("{}", escape_filter_chars(username))
    reader.search(settings.LDAP["base"], wanted, search_scope=SUBTREE, attributes=[], size_limit=2, time_limit=PATIENCE_S)
    found = [entry["dn"] for entry in reader.response or [] if entry["type"] == "searchResEntry"]
    reader.unbind()
    return found[0] if len(found) == 1 else None  # two of one name are nobody


def _bound(name: str, password: str) -> Connection | None:
    """A connection that signed in, None where the directory refuses. In clear only to this machine itself."""
    address = urlsplit(settings.LDAP["url"])
    tls = Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=settings.LDAP["authority"] or None)
    server = Server(address.geturl(), tls=tls, connect_timeout=PATIENCE_S, get_info=NONE)
    connection = Connection(
        server, user=name, password=password, receive_timeout=PATIENCE_S, read_only=True, auto_referrals=False, raise_exceptions=False
    )  # fmt: skip
    connection.open()
    if address.scheme == "ldap" and not _is_this_machine(address.hostname or "") and not connection.start_tls():
        raise DirectorySilent
    return connection if connection.bind() else None


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
