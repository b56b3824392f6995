"""Clients for what is called all the time."""

from typing import Any

from reptidex import __version__
from reptidex.connectors.aws import boto_client
from reptidex.settings import Settings


def quick_client(settings: Settings, service: str, **options: Any) -> Any:
    """Return a boto3 client that leaves out what our guard does better (`limits`), and what it would make anew each call."""
    agent = f"reptidex-bridge/{__version__} boto3"
    return boto_client(settings, service, attempts=2, parameter_validation=False, user_agent=agent, **options)
