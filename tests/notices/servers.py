"""A robot's service and a mail server, both real and both able to misbehave."""

from __future__ import annotations

import contextlib
import json
import socketserver
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass
class RobotService:
    """What was posted, and how to answer: one of the names below, or an errcode."""

    origin: str = ""
    answer: Any = 0
    posts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    gone: Event = field(default_factory=Event)

    @property
    def texts(self) -> list[str]:
        return [body["text"]["content"] for _, body in self.posts]

    def wecom(self, key: str = "k-1") -> str:
        return f"{self.origin}/cgi-bin/webhook/send?key={key}"

    def dingtalk(self, token: str = "t-1") -> str:
        return f"{self.origin}/robot/send?access_token={token}"


def _handler(service: RobotService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:  # whoever follows a redirect is seen
            service.posts.append((self.path, {"text": {"content": "followed"}}))
            self._say(200, b'{"errcode":0}')

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            service.posts.append((self.path, body))
            getattr(self, f"_{service.answer}", self._code)()

        def _code(self) -> None:
            self._say(200, json.dumps({"errcode": service.answer, "errmsg": "ok" if service.answer == 0 else "refused"}).encode())

        def _say(self, status: int, content: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _broken(self) -> None:
            self._say(500, b"oops")

        def _refused(self) -> None:
            self._say(403, b"no")

        def _redirect(self) -> None:
            self._say(302, b"", Location=f"{service.origin}/inner/admin")

        def _nonsense(self) -> None:
            self._say(200, b"<html>proxy</html>")

        def _huge(self) -> None:
            with contextlib.suppress(OSError):
                self.send_response(200)
                self.end_headers()
                for _ in range(20_000):
                    self.wfile.write(b" " * 1024)

        def _drip(self) -> None:
            with contextlib.suppress(OSError):
                self.send_response(200)
                self.end_headers()
                while not service.gone.wait(0.2):
                    self.wfile.write(b" ")
                    self.wfile.flush()

        def _drip_headers(self) -> None:
            with contextlib.suppress(OSError):
                while not service.gone.wait(0.2):
                    self.wfile.write(b"H")
                    self.wfile.flush()

        def _never(self) -> None:
            service.gone.wait(30)

        def _hang_up(self) -> None:
            self.connection.close()

        def _slow(self) -> None:
            time.sleep(0.4)
            self._say(200, b'{"errcode":0}')

    return Handler


@contextlib.contextmanager
def robot_service() -> Iterator[RobotService]:
    service = RobotService()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(service))
    server.daemon_threads = True
    service.origin = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield service
    finally:
        service.gone.set()
        server.shutdown()
        server.server_close()


@dataclass
class MailServer:
    """Letters that arrived, and how to answer to RCPT: 250, another code, or "silent"."""

    port: int = 0
    answer: Any = 250
    letters: list[tuple[str, Message]] = field(default_factory=list)
    gone: Event = field(default_factory=Event)

    @staticmethod
    def text_of(letter: Message) -> str:
        return bytes(letter.get_payload(decode=True)).decode()  # type: ignore[arg-type]


@contextlib.contextmanager
def mail_server() -> Iterator[MailServer]:
    post = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 test")
            recipient = ""
            while line := self.rfile.readline().decode().strip():
                verb = line[:4].upper()
                if verb == "RCPT":
                    if post.answer == "silent":
                        post.gone.wait(30)
                        return
                    recipient = line.split("<")[1].rstrip(">")
                    self.say(f"{post.answer} told")
                elif verb == "DATA":
                    self.say("354 go")
                    content = b""
                    while (part := self.rfile.readline()) != b".\r\n":
                        content += part
                    post.letters.append((recipient, message_from_bytes(content)))
                    self.say("250 kept")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 fine")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    post.port = server.server_address[1]
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield post
    finally:
        post.gone.set()
        server.shutdown()
        server.server_close()
