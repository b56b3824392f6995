"""How fast a replay is, against a bare aiokafka `getmany` loop over the same topic that only decodes.

python -m benchmarks.replay [--events 200000] [--rounds 3]
"""

import argparse
import asyncio
from statistics import median

from benchmarks.load import Result, embedded_log, events, fill, run_contender

CONTENDERS = {"replay": "a replay (one row an event)", "aiokafka_loop": "bare aiokafka loop"}
HOT = 1000


async def main() -> None:
    """Let the two take turns, with every key its own and with hot keys, and print medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    told = parser.parse_args()
    for keys, title in ((0, "every key its own"), (HOT, f"{HOT:,} hot keys")):
        async with embedded_log() as bootstrap:
            await fill(bootstrap, "bench.job.asked", events(told.events, keys))
            found: dict[str, list[Result]] = {name: [] for name in CONTENDERS}
            for number in range(told.rounds):
                for name in CONTENDERS:
                    place = f"bench-target-{name}-{number}"
                    one = await asyncio.to_thread(
                        run_contender, name, "consume", bootstrap, "bench.job.asked", place, told.events
                    )
                    found[name].append(one)
        rates = {name: median(one.rate for one in results) for name, results in found.items()}
        print(f"\n{title}, {told.events:,} events, {told.rounds} rounds")
        for name, results in found.items():
            cpu = median(one.cpu_us for one in results)
            print(f"  {CONTENDERS[name]:<28} {rates[name]:>9,.0f} events/s  {cpu:5.1f} µs of CPU an event")
        print(f"  ratio {rates['replay'] / rates['aiokafka_loop']:.2f}")


if __name__ == "__main__":
    asyncio.run(main())
