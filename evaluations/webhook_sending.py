"""One message over the wire: signed, never redirected, with an end in sight.

Standard library only. The connection goes to the address that `webhook_targets` has
looked at; the certificate is still that of the name.
"""

import contextlib
import datetime as dt
import http.client
import socket
import ssl
import threading
from dataclasses import dataclass

from audit import crypto
from evaluations.webhook_targets import Target, TargetRefused, resolved

# Seconds for each step, and for all of them after the connection stands: whoever
# answers one byte at a time does not hold a worker.
PATIENCE, DEADLINE = 5.0, 15.0
READ_AT_MOST = 1024
GOOD = range(200, 300)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The status that came back, or why none did."""

    status: int | None = None
    problem: str = ""

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and self.status in GOOD


class _Plain(http.client.HTTPConnection):
    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=PATIENCE)
        self.address = target.address

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), PATIENCE)


class _Encrypted(_Plain):
    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(self.sock, server_hostname=self.host)


def signature(secret: str, body: bytes, *, timestamp: int) -> str:
    """HMAC-SHA-256 (hex) over the timestamp, a full stop and the body."""
    hasher = crypto.KeyedHasher(secret.encode())
    return hasher.of(str(timestamp).encode() + b"." + body).hex()


def send(
    *, url: str, secret: str, body: str, delivery: str, event: str, at: dt.datetime
) -> Outcome:
    """POST the body; what came of it. A redirection is an answer like any other."""
    try:
        target = resolved(url)
    except TargetRefused as refusal:
        return Outcome(problem=str(refusal))
    content, timestamp = body.encode(), int(at.timestamp())
    headers = {
        "Host": target.authority,
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Minping-Webhook/1",
        "Minping-Event": event,
        "Minping-Delivery": delivery,
        "Minping-Timestamp": str(timestamp),
        "Minping-Signature": "v1=" + signature(secret, content, timestamp=timestamp),
    }
    return _post(target, content, headers)


def _post(target: Target, content: bytes, headers: dict[str, str]) -> Outcome:
    connection = (_Encrypted if target.is_encrypted else _Plain)(target)
    stop = threading.Timer(DEADLINE, _hang_up, (connection,))
    stop.daemon = True
    try:
        connection.connect()
        stop.start()
        connection.request("POST", target.path, body=content, headers=headers)
        answer = connection.getresponse()
        answer.read(READ_AT_MOST)
        return Outcome(status=answer.status)
    except ssl.SSLError:
        return Outcome(problem="certificate")
    except TimeoutError:
        return Outcome(problem="timeout")
    except (OSError, http.client.HTTPException):
        return Outcome(problem="no_answer")
    finally:
        stop.cancel()
        connection.close()


def _hang_up(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
