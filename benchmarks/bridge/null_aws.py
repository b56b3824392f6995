"""A server that answers SNS and SQS at once: nothing is stored, receives bring fresh events until so many are given.

`python -m benchmarks.bridge.null_aws MESSAGES` prints its URL. It speaks just enough HTTP for boto3.
"""

import asyncio
import itertools
import sys

from benchmarks.bridge.said import sqs_body

ACCOUNT, QUEUE = "123456789012", "bench"


def _ids(count: int) -> str:
    return "".join(f"<member><Id>{n}</Id><MessageId>m{n}</MessageId></member>" for n in range(count))


PUBLISHED = (
    '<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult><Successful>'
    f"{_ids(10)}</Successful><Failed/></PublishBatchResult><ResponseMetadata><RequestId>0</RequestId>"
    "</ResponseMetadata></PublishBatchResponse>"
).encode()
DELETED = ('{"Successful":[' + ",".join(f'{{"Id":"{n}"}}' for n in range(10)) + '],"Failed":[]}').encode()


class Server(asyncio.Protocol):
    """One connection."""

    numbers = itertools.count()
    most = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer each whole request in the buffer."""
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            at = head.lower().find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if head.lower().find(b"100-continue") >= 0 and len(self.buffer) < end + 4 + size:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            if len(self.buffer) < end + 4 + size:
                return
            self.buffer = self.buffer[end + 4 + size :]
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        at = head.find(b"AmazonSQS.")
        operation = head[at + 10 :].split(b"\r\n", 1)[0] if at >= 0 else b"PublishBatch"
        kind, body = b"application/x-amz-json-1.0", b"{}"
        if operation == b"PublishBatch":
            kind, body = b"text/xml", PUBLISHED
        elif operation == b"ReceiveMessage":
            body = self._messages()
        elif operation == b"DeleteMessageBatch":
            body = DELETED
        elif operation == b"GetQueueUrl":
            body = b'{"QueueUrl":"http://127.0.0.1/%s/%s"}' % (ACCOUNT.encode(), QUEUE.encode())
        elif operation == b"GetQueueAttributes":
            body = b'{"Attributes":{"VisibilityTimeout":"30"}}'
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n" % (kind, len(body)) + body
        )

    @classmethod
    def _messages(cls) -> bytes:
        numbers = [number for number in itertools.islice(cls.numbers, 10) if number < cls.most]
        if not numbers:
            return b"{}"
        return b'{"Messages":[' + b",".join(map(sqs_body, numbers)) + b"]}"


async def main(most: int) -> None:
    """Serve until killed."""
    Server.most = most
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
