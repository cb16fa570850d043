"""Sends one request envelope with confluent-kafka and waits for its response.

usage: produce_and_read.py BROKERS REQUEST_TOPIC RESPONSE_TOPIC ID
Prints the response, or ends with status 1 after 60 seconds without one.
"""

import json
import sys
import time

from confluent_kafka import Consumer, Producer

brokers, request_topic, response_topic, request_id = sys.argv[1:5]
envelope = {
    "id": request_id,
    "type": "chat",
    "model": "default",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}

undelivered = []
producer = Producer({"bootstrap.servers": brokers})
producer.produce(
    request_topic,
    key=request_id,
    value=json.dumps(envelope),
    headers={"content-type": "application/json"},
    on_delivery=lambda error, message: undelivered.append(error) if error else None,
)
producer.flush(30)
if undelivered:
    sys.exit(f"not delivered: {undelivered[0]}")

consumer = Consumer({"bootstrap.servers": brokers, "group.id": f"reader-{request_id}", "auto.offset.reset": "earliest"})
consumer.subscribe([response_topic])
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    message = consumer.poll(1)
    if message is None or message.error():
        continue
    if message.key() == request_id.encode():
        response = json.loads(message.value())
        headers = dict(message.headers() or [])
        response["_headers"] = {name: value.decode() for name, value in headers.items()}
        print(json.dumps(response))
        consumer.close()
        sys.exit(0)
consumer.close()
sys.exit(f"no response to {request_id} in 60 seconds")
