"""Bare boto3: threads that do nothing but call with full batches. `python -m benchmarks.bridge.bare WAY URL THREADS MESSAGES`."""

import json
import sys
import threading
import time
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.bridge.null_aws import ACCOUNT, QUEUE
from benchmarks.bridge.said import event
from reptidex.connectors.bridge.entries import fields_of
from reptidex.connectors.bridge.heads import head_of


def client(service: str, url: str, threads: int) -> Any:
    """Return a client as the bridge has it, but for what only the bridge knows (its own validation)."""
    config = Config(max_pool_connections=threads, retries={"mode": "standard", "max_attempts": 2})
    secret = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench"}
    return boto3.client(service, endpoint_url=url, region_name="eu-central-1", config=config, **secret)  # type: ignore[call-overload]


def outbound(url: str, threads: int, count: int) -> list[threading.Thread]:
    """Return threads that publish `count` events together."""
    sns = client("sns", url, threads)
    arn = f"arn:aws:sns:eu-central-1:{ACCOUNT}:bench-animal-updated"
    entries = []
    for number in range(10):
        key, raw = event(number)
        fields, _, _ = fields_of(raw, head_of(raw), own="bench", key=key, fifo=False)
        entries.append({"Id": str(number), **fields})

    def work() -> None:
        for _ in range(count // threads // 10):
            answer = sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)
            assert len(answer["Successful"]) == 10

    return [threading.Thread(target=work) for _ in range(threads)]


def inbound(url: str, threads: int, count: int) -> list[threading.Thread]:
    """Return threads that receive and delete `count` messages together."""
    sqs = client("sqs", url, threads)
    queue = f"{url}/{ACCOUNT}/{QUEUE}"

    def work() -> None:
        for _ in range(count // threads // 10):
            answer = sqs.receive_message(
                QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )  # fmt: skip
            deletes = [
                {"Id": str(place), "ReceiptHandle": each["ReceiptHandle"]}
                for place, each in enumerate(answer["Messages"])
            ]
            assert len(sqs.delete_message_batch(QueueUrl=queue, Entries=deletes)["Successful"]) == 10

    return [threading.Thread(target=work) for _ in range(threads)]


def main() -> None:
    """Run one way and print the figures."""
    way, url, threads, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    workers = {"outbound": outbound, "inbound": inbound}[way](url, threads, count)
    began, cpu = time.perf_counter(), time.process_time()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    done = count // threads // 10 * threads * 10
    print(json.dumps({"events": done, "wall_s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}))


if __name__ == "__main__":
    main()
