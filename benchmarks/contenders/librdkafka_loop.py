"""The physical limit in Python: confluent-kafka's `consume` and `produce`; state in a dictionary, not durable."""

import time

import confluent_kafka

from benchmarks.contenders.shared import Meter, arguments, decode, output


def main() -> None:
    """Run the job that the command line names."""
    told, meter = arguments(), Meter()
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": told.bootstrap,
            "group.id": told.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 10000,
        }
    )
    producer = confluent_kafka.Producer({"bootstrap.servers": told.bootstrap, "acks": "all", "linger.ms": 5})
    consumer.subscribe([told.source])
    state: dict[str, tuple[int, int]] = {}
    done, committed = 0, time.monotonic()
    while done < told.count:
        messages = consumer.consume(1000, 0.5)
        if messages:
            meter.begin()
        for message in messages:
            asked = decode(message.value())
            done += 1
            if told.job == "consume":
                continue
            seen, grams = state.get(asked.subject, (0, 0))
            seen, grams = seen + 1, grams + asked.data.grams
            state[asked.subject] = (seen, grams)
            value = output(asked, seen, grams)
            while True:
                try:
                    producer.produce(told.target, value, message.key(), message.partition())
                    break
                except BufferError:
                    producer.poll(0.05)
        producer.poll(0)
        if time.monotonic() - committed > 1:
            producer.flush()
            consumer.commit(asynchronous=False)
            committed = time.monotonic()
    producer.flush()
    consumer.commit(asynchronous=False)
    meter.report(done)
    consumer.close()


if __name__ == "__main__":
    main()
