"""The address of a client: the connection's, unless a proxy that we trust says otherwise; and whose share it uses up."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import web

from reptidex.errors import SettingsError

UNKNOWN = "unknown"
SITE = 64
"""Bits of an IPv6 address that one customer has to themselves at the least (RFC 6177): what they have one share for."""


class Addresses:
    """Finds a request's address. `X-Forwarded-For` is believed only as far as trusted proxies wrote it."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        """Take the networks of the proxies in front of us (`10.0.0.0/8`). Raises `SettingsError` for what is no network."""
        try:
            self._trusted: tuple[IPv4Network | IPv6Network, ...] = tuple(ip_network(name) for name in trusted)
        except ValueError as problem:
            raise SettingsError(f"REPTIDEX_TRUSTED_PROXIES: {problem}") from problem

    def of(self, request: web.BaseRequest) -> str:
        """Return the address of the client that sent a request."""
        address = request.remote or UNKNOWN
        if not self._trusted or not self._trusts(address):
            return str(_address(address)) if ":" in address else address
        hops = [hop.strip() for header in request.headers.getall("X-Forwarded-For", []) for hop in header.split(",")]
        for hop in reversed(hops):
            try:
                address = str(_address(hop))
            except ValueError:
                return address
            if not self._trusts(address):
                return address
        return address

    def share(self, request: web.BaseRequest) -> str:
        """Return whose share a request of nobody in particular takes from: an IPv6 host has as many addresses as it likes."""
        address = self.of(request)
        return str(ip_network(f"{address}/{SITE}", strict=False)) if ":" in address else address

    def _trusts(self, address: str) -> bool:
        try:
            known = _address(address)
        except ValueError:
            return False
        return any(known in network for network in self._trusted)


def _address(text: str) -> IPv4Address | IPv6Address:
    """Read an address; IPv4 that came by a socket of IPv6 is IPv4 (RFC 4291, 2.5.5.2). Raises `ValueError`."""
    found = ip_address(text.partition("%")[0])
    return getattr(found, "ipv4_mapped", None) or found
