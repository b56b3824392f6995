"""Bytewax: a keyed, stateful flow; state in memory, no recovery store."""

import os

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage, KafkaSource, KafkaSourceMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.testing import run_main

from benchmarks.contenders.shared import Meter, arguments, decode, output

BATCH = 1000


def main() -> None:
    """Run the job that the command line names."""
    told, meter = arguments(), Meter()
    flow = Dataflow("bench")
    messages = op.input("in", flow, KafkaSource([told.bootstrap], [told.source], tail=False, batch_size=BATCH))
    done = 0

    def consume(message: KafkaSourceMessage) -> list[KafkaSinkMessage]:
        nonlocal done
        meter.begin()
        decode(message.value)
        done += 1
        return []

    def keyed(message: KafkaSourceMessage) -> tuple[str, bytes]:
        meter.begin()
        return message.key.decode(), message.value

    def update(seen: int | None, value: bytes) -> tuple[int, KafkaSinkMessage]:
        nonlocal done
        asked = decode(value)
        done += 1
        now = (seen or 0) + 1
        return now, KafkaSinkMessage(key=asked.subject.encode(), value=output(asked, now, asked.data.grams))

    if told.job == "consume":
        said = op.flat_map("count", messages, consume)
    else:
        said = op.map("strip", op.stateful_map("state", op.map("key", messages, keyed), update), lambda pair: pair[1])
    kop.output("out", said, brokers=[told.bootstrap], topic=told.target)
    run_main(flow)
    meter.report(done)
    os._exit(0)


if __name__ == "__main__":
    main()
