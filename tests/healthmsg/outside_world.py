"""What is outside, on real sockets: a mail server, and an address that is posted to."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


@dataclass
class MailServer:
    """Speaks as much SMTP as smtplib asks for; silent, it takes connections and says nothing."""

    port: int
    letters: list[str] = field(default_factory=list)


@contextmanager
def mail_server(*, is_silent: bool = False) -> Iterator[MailServer]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = MailServer(listener.getsockname()[1])
    stopped = threading.Event()

    def serve() -> None:
        while not stopped.is_set():
            try:
                talk, _where = listener.accept()
            except OSError:
                return
            with talk:
                if is_silent:
                    stopped.wait(30)
                else:
                    _talk(talk, server)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _talk(talk: socket.socket, server: MailServer) -> None:
    with talk.makefile("rwb") as stream:

        def say(words: str) -> None:
            stream.write(words.encode() + b"\r\n")
            stream.flush()

        say("220 here")
        for line in stream:
            verb = line.strip().upper().split(b" ")[0].split(b":")[0]
            if verb == b"DATA":
                say("354 go on")
                server.letters.append(_letter(stream))
                say("250 kept")
            elif verb == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 good")


def _letter(stream: Any) -> str:
    lines = []
    for line in stream:
        if line == b".\r\n":
            break
        lines.append(line)
    return b"".join(lines).decode()


@dataclass
class Post:
    """Something that was posted."""

    headers: dict[str, str]
    body: Any


@dataclass
class Listener:
    """An address that keeps what is posted to it."""

    url: str
    posts: list[Post] = field(default_factory=list)


@contextmanager
def listener(*, status: int = 200) -> Iterator[Listener]:
    heard = Listener("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            heard.posts.append(Post(dict(self.headers), json.loads(body) if body else None))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        heard.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield heard
        server.shutdown()
        thread.join(5)
