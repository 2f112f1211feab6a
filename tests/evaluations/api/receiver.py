"""A real HTTP server on this machine that takes messages and answers as told."""

import contextlib
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answers`: a status for each message to come, then 200; 0 says nothing at all."""

    port: int
    scheme: str = "http"
    answers: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    silence: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook?from=minping"


@contextlib.contextmanager
def receiver(certificate: Path | None = None) -> Iterator[Receiver]:
    """Listens until the end of the block; no thread is left behind."""
    told: Receiver

    class Handler(BaseHTTPRequestHandler):
        timeout = 20

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            received = Received(
                self.path, dict(self.headers.items()), self.rfile.read(length)
            )
            told.received.append(received)
            status = told.answers.pop(0) if told.answers else 200
            if status == 0:
                told.silence.wait(20)
                return
            self.send_response(status)
            if status in (301, 302, 307, 308):
                self.send_header("Location", f"{told.url}&redirected=1")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    told = Receiver(port=server.server_port, scheme=scheme)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield told
    finally:
        told.silence.set()
        server.shutdown()
        thread.join()
        server.server_close()
