"""Faust's extension points, filled in: transport, consumer, producer, schema, tables, monitor, app.

Importing this package registers the URL scheme `reptidex://` as a transport and as a store.
"""

from faust.stores import STORES
from faust.transport.drivers import TRANSPORTS

SCHEME = "reptidex"

TRANSPORTS.aliases[SCHEME] = "reptidex.agents.engine.driver.transport:Transport"
STORES.aliases[SCHEME] = "reptidex.agents.engine.driver.tables:RowStore"
