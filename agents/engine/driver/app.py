"""The Faust application of one service: one agent that takes fetches to the engine."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import faust
from mode import Service

from reptidex.agents.engine.driver import SCHEME
from reptidex.agents.engine.driver.monitor import LeanMonitor
from reptidex.agents.engine.driver.schema import FetchSchema
from reptidex.agents.engine.driver.tables import RowTable, TableManager

log = logging.getLogger(__name__)

QUEUE = 16
"""Faust's own bound on messages that wait for the agent; the consumer announces what waits there only once."""


class App(faust.App):
    """A Faust application that works for an engine."""

    def __init__(self, engine: Any, **options: Any) -> None:
        self.engine = engine
        super().__init__(f"repti-{engine.service}", **options)

    def _create_directories(self) -> None:
        """Create nothing: state stands in the database."""


def build(engine: Any, topics: Sequence[str], web: type[Service] | None) -> App:
    """Build the application: the agent hears all topics, `web` is started once the worker has its partitions."""
    settings = engine.settings
    session = settings.session_timeout_s
    app = App(
        engine,
        broker=";".join(f"{SCHEME}://{address.strip()}" for address in settings.log.split(",")),
        broker_client_id=f"repti-{engine.service}",
        broker_session_timeout=session,
        broker_heartbeat_interval=min(3.0, session / 4),
        broker_request_timeout=max(40.0, session * 2),
        broker_commit_interval=1.0,
        broker_max_poll_interval=300.0,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=1024 * 1024,
        producer_acks=-1,
        stream_wait_empty=False,
        stream_buffer_maxsize=QUEUE,
        stream_recovery_delay=0.0,
        topic_partitions=settings.partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        store=f"{SCHEME}://",
        web_enabled=web is not None,
        autodiscover=False,
        Monitor=LeanMonitor,
        Table=RowTable,
        TableManager=TableManager,
    )
    for row in engine.routing.rows:
        app.Table(
            row.sql.name, key_type=str, value_type=bytes, options={"row": row}, help=(row.__doc__ or "").split("\n")[0]
        )
    channel = app.topic(*topics, schema=FetchSchema())

    @app.agent(channel, name="units")  # type: ignore[untyped-decorator]  # Faust is not typed
    async def units(stream: Any) -> None:
        async for waiting in stream:
            if records := waiting():
                await engine.take(records)

    if web is not None:
        app.web_server(web)
    return app


async def stop(app: App, within: float) -> None:
    """Stop an application, and give it up where it does not stop in time."""
    try:
        async with asyncio.timeout(within):
            await app.stop()
    except TimeoutError:
        log.warning("the worker did not stop within %.1f s", within)
