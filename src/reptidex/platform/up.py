"""`reptidex up`: the whole platform on this machine until Ctrl-C."""

import asyncio
import signal

from rich.console import Console
from rich.table import Table

from reptidex.platform.supervisor import Doubles, Platform
from reptidex.settings import BRIDGE, Settings

DOUBLES = Doubles(payments=9400, mail=1025, mail_view=9425, aws=5000)
"""Where `up` and `demo` have the doubles."""


async def stay_up(settings: Settings, *, doubles: bool) -> int:
    """Start everything, print the addresses, print each change of state, stop on SIGINT or SIGTERM."""
    console = Console(highlight=False)
    platform = Platform(settings, doubles=DOUBLES if doubles else None, say=console.print)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # SIGHUP: a terminal that is closed must not leave eight processes behind.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(each, stop.set)
    console.print("starting")
    starting = asyncio.create_task(platform.start())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return 130
    await starting
    console.print(addresses(platform))
    shown = platform.status()
    while not stop.is_set():
        await asyncio.wait({stopping}, timeout=0.5)
        now = platform.status()
        for old, new in zip(shown, now, strict=True):
            if old != new:
                console.print(f"  {new[0]:<10} {new[1]}")
        shown = now
    console.print("stopping")
    await platform.stop()
    return 0


def addresses(platform: Platform) -> Table:
    """Return the table of what is reached where."""
    table = Table(title="ReptiDex is up", title_justify="left", box=None)
    for column in ("part", "address", "documentation"):
        table.add_column(column)
    for name, _, address in platform.status():
        page = "status" if name == BRIDGE else "docs"
        if address:
            table.add_row(name, address, f"{address}/{page}" if address.startswith("http") else "")
    urls = platform.settings.urls
    table.add_row("console", f"{urls['ops']}/console", "how the services do, chains of events")
    table.add_row("contracts", f"{urls['core']}/docs/events", "every event of the platform")
    if platform.doubles:
        table.add_row("mail", f"http://127.0.0.1:{platform.doubles.mail_view}/_mail", "what the platform sent")
        if platform.doubles.aws:
            told = "as REPTIDEX_AWS_ENDPOINT for `reptidex keys` and `aws`"
            table.add_row("aws", f"http://127.0.0.1:{platform.doubles.aws}", told)
        table.add_row("texts", f"http://127.0.0.1:{platform.doubles.payments}/_texts", "text messages that it sent")
        table.add_row("payments", f"http://127.0.0.1:{platform.doubles.payments}/_ledger", "the double's ledger")
    table.add_row("logs", str(platform.log_dir), "")
    return table
