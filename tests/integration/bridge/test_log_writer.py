"""What the log never takes is refused once, and holds nothing else up."""

from types import NoneType

from reptidex.connectors.bridge.ports import Said
from reptidex.errors import ContractError
from reptidex.platform.bridge.log_writer import LogWriter
from reptidex.settings import Settings


async def test_a_record_that_is_too_large_for_the_log_is_refused_and_its_neighbours_are_not(
    settings: Settings, put: object
) -> None:
    writer = LogWriter(settings)
    await writer.start()
    try:
        sizes = ((10, 0), (1_300_000, 0), (20, 0), (1_040_000, 20_000), (30, 0), (1_040_000, 0))
        said = await writer.put(
            [Said("animal.created", "one-key", b"x" * value, [("h", b"x" * header)]) for value, header in sizes]
        )
    finally:
        await writer.stop()

    assert [type(each) for each in said] == [NoneType, ContractError, NoneType, ContractError, NoneType, NoneType]
