"""Calls between our own six services over REST: `neighbours(settings, own="commerce")` gives a client of each."""

from reptidex.connectors.services.client import ServiceClient
from reptidex.connectors.services.neighbours import Neighbours, neighbours
from reptidex.connectors.services.tracing import CallContext, calling

__all__ = ["CallContext", "Neighbours", "ServiceClient", "calling", "neighbours"]
