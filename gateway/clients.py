"""Who is at the other end: the client's address and the host it asked for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Header = tuple[bytes, bytes]
Network = IPv4Network | IPv6Network


class TrustedHops:
    """The proxies in front of us whose word on the client's address we take."""

    def __init__(self, networks: Sequence[str] = ()) -> None:
        self._networks: list[Network] = [ip_network(network) for network in networks]

    def client_of(self, peer: str, headers: Sequence[Header]) -> str:
        """Give the client's address.

        Nobody but a trusted hop is believed. Its `X-Forwarded-For` is read from the right, past further trusted hops,
        to the first address that is not ours: what stands left of that was written by the client itself.
        """
        if not self._networks or not self.trusts(peer):
            return peer
        forwarded = b",".join(value for name, value in headers if name == b"x-forwarded-for")
        client = peer
        for hop in reversed([hop.strip() for hop in forwarded.decode("latin-1").split(",")]):
            try:
                client = str(ip_address(hop))
            except ValueError:
                break
            if not self.trusts(client):
                break
        return client

    def scheme_of(self, peer: str, headers: Sequence[Header]) -> str:
        """Give `https` when a trusted hop says that the client came by TLS."""
        if self._networks and self.trusts(peer):
            for name, value in headers:
                if name == b"x-forwarded-proto" and value.strip().lower() == b"https":
                    return "https"
        return "http"

    def trusts(self, address: str) -> bool:
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self._networks)


def limit_key(address: str) -> bytes:
    """The part of the network that one client can pick its address from: an IPv4 address, an IPv6 /64."""
    try:
        ip = ip_address(address)
    except ValueError:
        return b"unknown"
    if ip.version == 6:
        mapped = ip.ipv4_mapped
        if mapped is not None:
            return str(mapped).encode()
        return str(ip_network((int(ip) >> 64 << 64, 64)).network_address).encode() + b"/64"
    return str(ip).encode()


def is_loopback(address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return ip.is_loopback or (ip.version == 6 and ip.ipv4_mapped is not None and ip.ipv4_mapped.is_loopback)


class HostList:
    """The names under which we may be asked. A page elsewhere whose name was pointed at us is refused by it."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self._any = "*" in hosts
        self._hosts = frozenset(host.lower().encode() for host in hosts)

    def allows(self, host: bytes) -> bool:
        """Say whether a `Host` header names us; the port does not matter."""
        if self._any:
            return True
        name = host.lower()
        name = name.partition(b"]")[0][1:] if name.startswith(b"[") else name.partition(b":")[0]
        return name in self._hosts
