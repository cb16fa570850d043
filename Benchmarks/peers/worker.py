"""A thin Kafka worker in Python, the same for each peer: aiokafka in, the peer's call, aiokafka out.

    worker.py PEER --brokers B --requests T --responses T --base-url U [--concurrency 256] [--fetch-wait-ms 2]

It has what such a worker needs to be right and nothing else: bounded concurrency, results acknowledged by all replicas
before the offset counts as done, the offset below which all are done committed every second. uvloop and orjson, the
fastest that the ecosystem has. Responses go to the request's partition: no key hashing in Python.
"""

import argparse
import asyncio
import signal
import sys
from collections import defaultdict

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from calls import CALLS, Call

COMMIT_INTERVAL_S = 1.0


class OffsetTracker:
    """The next offset to commit in each partition: the first that is not done."""

    def __init__(self) -> None:
        self.next: dict[TopicPartition, int] = {}
        self.committed: dict[TopicPartition, int] = {}
        self.done: dict[TopicPartition, set[int]] = defaultdict(set)

    def started(self, partition: TopicPartition, offset: int) -> None:
        self.next.setdefault(partition, offset)

    def finished(self, partition: TopicPartition, offset: int) -> None:
        done, first = self.done[partition], self.next[partition]
        done.add(offset)
        while first in done:
            done.remove(first)
            first += 1
        self.next[partition] = first

    def to_commit(self) -> dict[TopicPartition, int]:
        changed = {p: offset for p, offset in self.next.items() if self.committed.get(p) != offset}
        self.committed.update(changed)
        return changed


class Worker:
    def __init__(self, options: argparse.Namespace, call: Call) -> None:
        self.options = options
        self.call = call
        self.offsets = OffsetTracker()
        self.slots = asyncio.Semaphore(options.concurrency)
        self.tasks: set[asyncio.Task[None]] = set()
        self.stopping = asyncio.Event()
        self.consumer = AIOKafkaConsumer(
            options.requests,
            bootstrap_servers=options.brokers,
            group_id="peer",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=options.fetch_wait_ms,
        )
        self.producer = AIOKafkaProducer(
            bootstrap_servers=options.brokers, acks="all", enable_idempotence=True, compression_type="lz4", linger_ms=5
        )

    async def handle(self, record: ConsumerRecord, partition: TopicPartition) -> None:
        try:
            request = orjson.loads(record.value)
            answer = await self.call(request["model"], request["messages"])
            response = {
                "version": 1,
                "id": request["id"],
                "type": request["type"],
                "status": "ok",
                "model": request["model"],
                "message": {"role": "assistant", "content": answer.content},
                "finish_reason": answer.finish_reason,
                "usage": {"input": answer.input_tokens, "output": answer.output_tokens},
            }
            delivery = await self.producer.send(
                self.options.responses, orjson.dumps(response), key=record.key, partition=record.partition
            )
            await delivery
            self.offsets.finished(partition, record.offset)
        except Exception as error:  # a benchmark does not go on with wrong figures
            print(f"worker: {record.key!r} failed: {error!r}", file=sys.stderr, flush=True)
            self.stopping.set()
        finally:
            self.slots.release()

    async def consume(self) -> None:
        while not self.stopping.is_set():
            batch = await self.consumer.getmany(timeout_ms=500, max_records=self.options.concurrency)
            for partition, records in batch.items():
                for record in records:
                    await self.slots.acquire()
                    self.offsets.started(partition, record.offset)
                    task = asyncio.create_task(self.handle(record, partition))
                    self.tasks.add(task)
                    task.add_done_callback(self.tasks.discard)

    async def commit_regularly(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_INTERVAL_S)
            await self.commit()

    async def commit(self) -> None:
        if offsets := self.offsets.to_commit():
            await self.consumer.commit(offsets)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        await self.producer.start()
        await self.consumer.start()
        committer = asyncio.create_task(self.commit_regularly())
        await self.consume()
        await asyncio.gather(*self.tasks)
        committer.cancel()
        await self.commit()
        await self.producer.stop()
        await self.consumer.stop()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=sorted(CALLS))
    for name in ("--brokers", "--requests", "--responses", "--base-url"):
        parser.add_argument(name, required=True)
    parser.add_argument("--concurrency", type=int, default=256)
    parser.add_argument("--fetch-wait-ms", type=int, default=2)
    options = parser.parse_args()
    async with CALLS[options.peer](options.base_url, options.concurrency) as call:
        await Worker(options, call).run()


if __name__ == "__main__":
    uvloop.run(main())
