"""After a crash: everything acknowledged is back, everything else is cut, and damage is called by its name."""

import pytest

from reptidex.devlog.errors import StartRefused
from reptidex.devlog.storage.entries import OffsetsCommitted
from reptidex.devlog.storage.journal import journal_files
from reptidex.devlog.storage.scrub import scrub
from tests.unit.devlog.bench import Crash, Opener


async def test_acknowledged_records_and_offsets_survive_a_crash(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    await bench.topic()
    await bench.write("a", "b")
    bench.store.submit(OffsetsCommitted("keepers", [("eggs", 0, 2, "note")]))
    await bench.write("c")
    again = await open_store(crash(bench))

    assert again.values() == ["a", "b", "c"]
    assert again.store.state.offsets == {"keepers": {("eggs", 0): (2, "note")}}
    assert again.reports == []


async def test_records_survive_a_crash_after_a_checkpoint(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    await bench.topic()
    await bench.write("a")
    await bench.checkpoint()
    await bench.write("b")
    again = await open_store(crash(bench))

    assert again.values() == ["a", "b"]
    assert again.partition().next_offset == 2


async def test_a_clean_stop_leaves_an_empty_journal(open_store: Opener) -> None:
    bench = await open_store()
    await bench.topic()
    await bench.write("a")
    await bench.store.close()

    assert [path.stat().st_size for _, path in journal_files(bench.path / "journal")] == [0]


async def test_a_segment_that_lost_acknowledged_bytes_takes_its_partition_offline(
    open_store: Opener, crash: Crash
) -> None:
    bench = await open_store()
    await bench.topic(partitions=2)
    for index in (0, 1):
        await bench.write("a", "b", index=index)
        await bench.write("c", index=index)
    await bench.checkpoint()
    copy = crash(bench)
    segment = next(copy.glob("topics/*/0.*.log"))
    segment.write_bytes(segment.read_bytes()[:100])
    again = await open_store(copy)

    assert "holds 100 of" in again.cause()
    assert any(line.startswith("OFFLINE eggs-0") for line in again.reports)
    assert again.values(index=1) == ["a", "b", "c"]


async def test_a_segment_that_is_gone_takes_its_partition_offline(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    await bench.topic()
    await bench.write("a")
    await bench.checkpoint()
    copy = crash(bench)
    next(copy.glob("topics/*/0.*.log")).unlink()
    again = await open_store(copy)

    assert "is gone" in again.cause()


async def test_a_flipped_bit_in_a_segment_is_found_before_it_is_served(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    await bench.topic()
    for value in ("a", "b", "c"):
        await bench.write(value)
    await bench.checkpoint()
    copy = crash(bench)
    segment = next(copy.glob("topics/*/0.*.log"))
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 0x04
    segment.write_bytes(data)
    again = await open_store(copy)

    assert again.values() == []
    assert "is damaged" in again.cause()


async def test_damage_is_found_in_the_background_before_anybody_reads(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    await bench.topic(partitions=2)
    for index in (0, 1):
        await bench.write("a", index=index)
    await bench.checkpoint()
    copy = crash(bench)
    segment = next(copy.glob("topics/*/0.*.log"))
    segment.write_bytes(segment.read_bytes()[:-1] + b"\xff")
    again = await open_store(copy)
    await scrub(again.store)

    assert "is damaged: CRC mismatch" in again.cause(index=0)
    assert again.cause(index=1) == ""


async def test_bytes_that_were_never_acknowledged_are_cut_off_and_reported(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    await bench.topic()
    await bench.write("a")
    await bench.checkpoint()
    copy = crash(bench)
    with next(copy.glob("topics/*/0.*.log")).open("ab") as file:
        file.write(b"torn" * 10)
    again = await open_store(copy)

    assert again.values() == ["a"]
    assert any("torn tail of 40 bytes" in line for line in again.reports)


async def test_records_that_the_journal_lost_are_rescued_from_their_segments(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    await bench.topic()
    await bench.checkpoint()
    for value in ("a", "b", "c"):
        await bench.write(value)
    copy = crash(bench)
    newest = journal_files(copy / "journal")[-1][1]
    newest.write_bytes(newest.read_bytes()[: newest.stat().st_size // 2])
    again = await open_store(copy)

    assert again.values() == ["a", "b", "c"]
    assert any(line.startswith("RESCUED") for line in again.reports)


async def test_a_hole_in_the_acknowledged_records_takes_the_partition_offline(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    await bench.topic(partitions=2)
    await bench.checkpoint()
    await bench.write("other", index=1)
    for value in ("a", "b", "c"):
        await bench.write(value * 50)
    copy = crash(bench)
    next(copy.glob("topics/*/0.*.log")).unlink()
    newest = journal_files(copy / "journal")[-1][1]
    data = newest.read_bytes()
    newest.write_bytes(data.replace(b"b" * 50, b"x" * 50))
    again = await open_store(copy)

    assert "records 1 to 1 were acknowledged and are missing" in again.cause()
    assert again.values(index=1) == ["other"]


async def test_one_damaged_snapshot_is_replaced_by_its_twin(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    await bench.topic()
    await bench.write("a")
    await bench.checkpoint()
    copy = crash(bench)
    (copy / "snapshot.a").write_bytes(b"junk")
    again = await open_store(copy)

    assert again.values() == ["a"]
    assert any("DAMAGED snapshot.a" in line for line in again.reports)


async def test_without_any_intact_snapshot_the_start_is_refused(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    await bench.topic()
    await bench.checkpoint()
    copy = crash(bench)
    (copy / "snapshot.a").write_bytes(b"junk")
    (copy / "snapshot.b").write_bytes(b"junk")

    with pytest.raises(StartRefused, match="both snapshots"):
        await open_store(copy)


async def test_a_directory_in_use_is_refused(open_store: Opener) -> None:
    bench = await open_store()

    with pytest.raises(StartRefused, match="in use by process"):
        await open_store(bench.path)


async def test_files_of_deleted_topics_are_cleared_away_at_the_next_start(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    copy = crash(bench)
    orphan = copy / "topics" / "9-old" / "0.00000000000000000000.0.log"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"left over")
    await open_store(copy)

    assert not orphan.parent.exists()


async def test_the_cluster_keeps_its_id(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    again = await open_store(crash(bench))

    assert again.store.state.cluster_id == bench.store.state.cluster_id


async def test_a_journal_without_its_snapshot_is_refused(open_store: Opener, crash: Crash) -> None:
    bench = await open_store()
    await bench.topic()
    await bench.checkpoint()
    copy = crash(bench)
    (copy / "snapshot.a").unlink()
    (copy / "snapshot.b").unlink()

    with pytest.raises(StartRefused, match="no snapshot"):
        await open_store(copy)
