"""How a message leaves: one HTTP post without detours, or one mail. Whatever the other side does, it ends within a deadline."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import json
import smtplib
import socket
import ssl
from email.utils import make_msgid
from threading import Timer
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

from chengxin.notices import rules

CONNECT_SECONDS = 5
DEADLINE_SECONDS = 15  # from the connection to the last byte of the answer
MOST_BYTES = 16 * 1024  # an answer is some dozen bytes; what is longer is cut off and not understood


def post_to_robot(kind: str, address: str, secret: str, text: str, moment: dt.datetime) -> rules.Answer:
    """Post a text message and read what the service says of it. Never raises for anything the other side does.

    The origin is looked up in the operator's list again: what was allowed when the robot was entered may not be any more.
    """
    fault = rules.fault_of_address(kind, address, settings.ROBOT_ORIGINS)
    if fault:
        return rules.Answer(ok=False, error=fault)
    target = rules.signed(address, secret, moment) if kind == rules.DINGTALK and secret else address
    body = json.dumps({"msgtype": "text", "text": {"content": text}}, ensure_ascii=False).encode()
    try:
        status, answer = _post(target, body)
    except TimeoutError:
        return rules.Answer(ok=False, error=f"对方没有在 {DEADLINE_SECONDS} 秒内回答。", again=True)
    except ssl.SSLError:
        return rules.Answer(ok=False, error="对方的证书不被信任，没有发送。")
    except (OSError, http.client.HTTPException) as error:
        return rules.Answer(ok=False, error=f"连接失败（{type(error).__name__}）。", again=True)
    if len(answer) > MOST_BYTES:
        return rules.Answer(ok=False, error="对方的回答过长，没有读完。", again=True)
    return rules.understood(status, answer)


def _post(target: str, body: bytes) -> tuple[int, bytes]:
    """Status and at most a little more than MOST_BYTES. No redirect is followed, no proxy asked. Raises TimeoutError, OSError."""
    parts = urlsplit(target)
    host = parts.hostname or ""
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, parts.port, timeout=CONNECT_SECONDS, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=CONNECT_SECONDS)
    late: list[bool] = []
    held: list[socket.socket] = []  # the connection itself lets go of it once the headers are read

    def cut() -> None:
        # an answer that drips keeps every single read within its timeout: the whole has its own
        late.append(True)
        for each in held:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    watch = Timer(DEADLINE_SECONDS, cut)
    watch.daemon = True
    try:
        connection.connect()
        held.append(connection.sock)
        watch.start()
        connection.sock.settimeout(DEADLINE_SECONDS)
        connection.request("POST", f"{parts.path}?{parts.query}", body, {"Content-Type": "application/json; charset=utf-8"})
        response = connection.getresponse()
        answer = response.read(MOST_BYTES + 1)
    except Exception as error:
        if late:
            raise TimeoutError from error
        raise
    finally:
        watch.cancel()
        connection.close()
    if late:
        raise TimeoutError
    return response.status, answer


def send_mail(address: str, subject: str, text: str, key: str) -> rules.Answer:
    """One plain mail. The Message-ID follows from the key, so that a mail sent twice is known as one by mail programs."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
    identity = f"<{key.replace(':', '.')}@{domain}>" if key else make_msgid(domain=domain)
    headers = {"Message-ID": identity, "Auto-Submitted": "auto-generated"}
    message = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [address], headers=headers)
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        return rules.Answer(ok=False, error=f"邮件服务器不接受这个收件地址（{code}）。", again=400 <= code < 500)
    except smtplib.SMTPAuthenticationError:
        return rules.Answer(ok=False, error="邮件服务器不接受发件账号或口令。")
    except smtplib.SMTPResponseException as error:
        return rules.Answer(ok=False, error=f"邮件服务器拒绝（{error.smtp_code}）。", again=error.smtp_code < 500)
    except TimeoutError:
        return rules.Answer(ok=False, error="邮件服务器没有按时回答。", again=True)
    except (OSError, smtplib.SMTPException) as error:
        return rules.Answer(ok=False, error=f"连接邮件服务器失败（{type(error).__name__}）。", again=True)
    return rules.Answer(ok=True)
