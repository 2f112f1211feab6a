"""Where a message may go: named hosts, public addresses, nothing inside by accident.

The list MINPING_WEBHOOK_HOSTS holds host names, and networks or single addresses. A
host must be named. An address that is not of the public internet must besides lie in a
network of the list, so that a name which suddenly resolves to our own database, or to
the server's metadata service, leads nowhere (T114). The address that was looked at is
the one that is connected to; the name is resolved once.
"""

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

PORTS = {"https": 443, "http": 80}
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TargetRefused(Exception):
    """Nothing is sent there; the argument is one of `connections.PROBLEMS`."""


@dataclass(frozen=True, slots=True)
class Target:
    """One address, looked at; `path` with its query."""

    is_encrypted: bool
    host: str
    port: int
    path: str
    address: str

    @property
    def authority(self) -> str:
        """The Host header."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        usual = PORTS["https" if self.is_encrypted else "http"]
        return name if self.port == usual else f"{name}:{self.port}"


def parse(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path; TargetRefused for anything unusual in it."""
    if not url.isascii() or any(sign <= " " for sign in url):
        raise TargetRefused("not_an_address")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise TargetRefused("not_an_address") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise TargetRefused("not_an_address")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise TargetRefused("not_an_address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, parts.hostname, port or PORTS[parts.scheme], path


def resolved(url: str) -> Target:
    """The one address to connect to; TargetRefused with the reason.

    Every address of the name must be allowed, not only the first of them. Without
    encryption only inside a network that the list names.
    """
    scheme, host, port, path = parse(url)
    names, networks = allowed()
    if host not in names and not _is_inside(_literal(host), networks):
        raise TargetRefused("host_not_listed")
    addresses = _addresses_of(host, port)
    private = [one for one in addresses if not one.is_global or one.is_multicast]
    if any(not _is_inside(one, networks) for one in private):
        raise TargetRefused("private_address")
    if scheme == "http" and any(not _is_inside(one, networks) for one in addresses):
        raise TargetRefused("not_encrypted")
    return Target(scheme == "https", host, port, path, str(addresses[0]))


def allowed() -> tuple[set[str], list[Network]]:
    """Host names and networks of the list."""
    names: set[str] = set()
    networks: list[Network] = []
    for entry in settings.WEBHOOK_HOSTS:
        try:
            networks.append(ipaddress.ip_network(entry))
        except ValueError:
            names.add(entry.lower())
    return names, networks


def _addresses_of(host: str, port: int) -> Sequence[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise TargetRefused("no_such_host") from error
    return [_plain(str(entry[4][0])) for entry in found]


def _plain(text: str) -> Address:
    """Without a zone; a version 4 address in version 6 clothes is what it is."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _literal(host: str) -> Address | None:
    try:
        return _plain(host)
    except ValueError:
        return None


def _is_inside(address: Address | None, networks: Iterable[Network]) -> bool:
    return address is not None and any(address in network for network in networks)
