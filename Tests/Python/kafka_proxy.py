"""A TCP proxy between Kafka clients and a broker that is a cluster of its own. It writes down what is asked and answered.

    kafka_proxy.py --to HOST:PORT --log FILE --port-file FILE [--listen PORT]

The log gets one line of JSON for each request when its answer comes: `key`, `name`, `version`, `id` (correlation), `client`; `error`, a
Kafka error code, where the answer has one that is read here. EndTxn also has `commit`; TxnOffsetCommit has `group`, `generation`,
`member` and `offsets`, a list of `topic`, `partition`, `offset`, `metadata`. Requests are written in the order in which the broker has
answered them. The broker's address in its answers becomes the proxy's, so that all connections go through here. The broker must call
itself 127.0.0.1.
"""

import argparse
import json
import os
import socket
import struct
import threading

NAMES = {
    0: "Produce", 1: "Fetch", 2: "ListOffsets", 3: "Metadata", 8: "OffsetCommit", 9: "OffsetFetch", 10: "FindCoordinator",
    11: "JoinGroup", 12: "Heartbeat", 13: "LeaveGroup", 14: "SyncGroup", 18: "ApiVersions", 22: "InitProducerId",
    24: "AddPartitionsToTxn", 25: "AddOffsetsToTxn", 26: "EndTxn", 28: "TxnOffsetCommit",
}
METADATA, FIND_COORDINATOR, END_TXN, TXN_OFFSET_COMMIT = 3, 10, 26, 28
# The first version whose strings and lists have their lengths as varints (KIP-482).
FLEXIBLE = {22: 2, 24: 3, 25: 3, 26: 3, 28: 3, 3: 9, 10: 3, 0: 9, 1: 12, 2: 6, 8: 8, 9: 6, 11: 6, 12: 4, 13: 4, 14: 4}
# These answers begin with a throttle time and an error code.
ERROR_AFTER_THROTTLE = {22: 0, 25: 0, 26: 0, 12: 1, 14: 1, 11: 2, 10: 1}


class Reader:
    """Takes values of Kafka's protocol off the front of some bytes."""

    def __init__(self, data, flexible=False):
        self.data, self.position, self.flexible = data, 0, flexible

    def take(self, form):
        (value,) = struct.unpack_from(">" + form, self.data, self.position)
        self.position += struct.calcsize(form)
        return value

    def varint(self):
        value = shift = 0
        while True:
            byte = self.data[self.position]
            self.position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def string(self):
        length = self.varint() - 1 if self.flexible else self.take("h")
        if length < 0:
            return None
        value = self.data[self.position:self.position + length].decode()
        self.position += length
        return value

    def count(self):
        return self.varint() - 1 if self.flexible else self.take("i")

    def tags(self):
        if self.flexible:
            for _ in range(self.varint()):
                self.varint()
                self.position += self.varint()


def read_request(data):
    head = Reader(data)
    key, version, identifier = head.take("h"), head.take("h"), head.take("i")
    entry = {"key": key, "name": NAMES.get(key, str(key)), "version": version, "id": identifier, "client": head.string()}
    body = Reader(data, key in FLEXIBLE and version >= FLEXIBLE[key])
    body.position = head.position
    body.tags()
    if key == END_TXN:
        body.string(), body.take("q"), body.take("h")
        entry["commit"] = body.take("b") != 0
    elif key == TXN_OFFSET_COMMIT:
        read_offsets(body, version, entry)
    return entry


def read_offsets(body, version, entry):
    body.string()
    entry["group"] = body.string()
    body.take("q"), body.take("h")
    if version >= 3:
        entry["generation"] = body.take("i")
        entry["member"] = body.string()
        body.string()
    entry["offsets"] = []
    for _ in range(body.count()):
        topic = body.string()
        for _ in range(body.count()):
            partition, offset = body.take("i"), body.take("q")
            if version >= 2:
                body.take("i")
            entry["offsets"].append({"topic": topic, "partition": partition, "offset": offset, "metadata": body.string()})
            body.tags()
        body.tags()


def read_error(entry, data):
    """The answer's error code: the first that is not 0 where there is one for each partition, None where it is not read."""
    key, version = entry["key"], entry["version"]
    body = Reader(data, key in FLEXIBLE and version >= FLEXIBLE[key])
    body.take("i")
    body.tags()
    if key in ERROR_AFTER_THROTTLE and version >= ERROR_AFTER_THROTTLE[key]:
        body.take("i")
        return body.take("h")
    if key in (24, 28):
        body.take("i")
        errors = []
        for _ in range(body.count()):
            body.string()
            for _ in range(body.count()):
                body.take("i")
                errors.append(body.take("h"))
                body.tags()
            body.tags()
        return next((error for error in errors if error), 0)
    return None


def receive(connection, length):
    data = b""
    while len(data) < length:
        part = connection.recv(length - len(data))
        if not part:
            raise ConnectionError
        data += part
    return data


def receive_frame(connection):
    (length,) = struct.unpack(">i", receive(connection, 4))
    return receive(connection, length)


class Proxy:
    def __init__(self, listener, broker, log):
        self.listener, self.broker, self.log = listener, broker, log
        self.lock = threading.Lock()
        own = listener.getsockname()[1]
        host = b"127.0.0.1"
        self.theirs, self.ours = host + struct.pack(">i", broker[1]), host + struct.pack(">i", own)

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.connect, args=(client,), daemon=True).start()

    def connect(self, client):
        try:
            broker = socket.create_connection(self.broker)
        except OSError:
            client.close()
            return
        pending = {}
        for body in (self.forward_requests, self.forward_answers):
            threading.Thread(target=self.forward, args=(body, client, broker, pending), daemon=True).start()

    def forward(self, body, client, broker, pending):
        try:
            while True:
                body(client, broker, pending)
        except OSError:
            for connection in (client, broker):
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def forward_requests(self, client, broker, pending):
        data = receive_frame(client)
        entry = read_request(data)
        pending[entry["id"]] = entry
        broker.sendall(struct.pack(">i", len(data)) + data)

    def forward_answers(self, client, broker, pending):
        data = receive_frame(broker)
        entry = pending.pop(struct.unpack(">i", data[:4])[0], None)
        if entry:
            if entry["key"] in (METADATA, FIND_COORDINATOR):
                data = data.replace(self.theirs, self.ours)
            error = read_error(entry, data)
            if error is not None:
                entry["error"] = error
            with self.lock:
                self.log.write(json.dumps(entry) + "\n")
                self.log.flush()
        client.sendall(struct.pack(">i", len(data)) + data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", type=int, default=0, metavar="PORT", help="0, the default, takes a free one")
    parser.add_argument("--port-file", required=True, metavar="FILE", help="gets the port once clients can connect")
    parser.add_argument("--to", required=True, metavar="HOST:PORT")
    parser.add_argument("--log", required=True, metavar="FILE")
    options = parser.parse_args()
    host, port = options.to.rsplit(":", 1)
    listener = socket.create_server(("127.0.0.1", options.listen))
    with open(options.port_file + ".new", "w") as file:
        file.write(f"{listener.getsockname()[1]}\n")
    with open(options.log, "a") as log:
        os.replace(options.port_file + ".new", options.port_file)
        Proxy(listener, (host, int(port)), log).serve()


if __name__ == "__main__":
    main()
