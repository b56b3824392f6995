"""The address of a client: the connection's, unless a proxy that we trust says otherwise."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from aiohttp import web

from reptidex.errors import SettingsError

UNKNOWN = "unknown"


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
            return address
        hops = [hop.strip() for header in request.headers.getall("X-Forwarded-For", []) for hop in header.split(",")]
        for hop in reversed(hops):
            try:
                address = str(ip_address(hop))
            except ValueError:
                return address
            if not self._trusts(address):
                return address
        return address

    def _trusts(self, address: str) -> bool:
        try:
            known = ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self._trusted)
