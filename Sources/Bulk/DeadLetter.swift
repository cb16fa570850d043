package import Envelope
package import Kafka

/// What is to be known of one message of the dead-letter topic without its value.
package struct DeadLetter: Sendable {
    package let place: DeadLetterPlace

    /// When it was put there, in unix milliseconds; -1 if Kafka does not tell.
    package let time: Int64
    package let key: [UInt8]?

    /// Why and whence it came; nil if Switchyard has not written it.
    package let reason: DeadLetterHeaders?

    /// What it carries of earlier tries and replays.
    package let lineage: Lineage?

    /// The request's id, if it can be read. What has crashed workers is not looked into.
    package let id: String?

    /// The bytes of its value.
    package let size: Int

    package init(
        place: DeadLetterPlace, time: Int64, key: [UInt8]?, reason: DeadLetterHeaders?, lineage: Lineage?, id: String?, size: Int
    ) {
        self.place = place
        self.time = time
        self.key = key
        self.reason = reason
        self.lineage = lineage
        self.id = id
        self.size = size
    }

    package init(_ message: KafkaMessage) {
        let headers = message.headers.map { MessageHeader(name: $0.name, value: $0.value.map { Array($0) } ?? []) }
        let reason = DeadLetterHeaders(reading: headers)
        self.init(
            place: DeadLetterPlace(
                partition: TopicPartition(topic: message.topic, partition: message.partition), offset: message.offset),
            time: message.timestamp.milliseconds, key: message.key.map { Array($0) }, reason: reason,
            lineage: Lineage(reading: message.header), id: reason?.code == .poisonMessage ? nil : message.value.flatMap(Self.id),
            size: message.value?.count ?? 0)
    }

    /// The history of its request; nil if Switchyard has not written the letter.
    package var history: Lineage? {
        if let lineage { return lineage }
        return reason.map {
            Lineage(origin: MessageOrigin(topic: $0.topic, partition: $0.partition, offset: $0.offset, timestamp: $0.timestamp))
        }
    }

    /// How often its request came back from the dead letters before.
    package var replays: Int { lineage?.replays ?? 0 }

    /// The order in which letters are listed and replayed.
    var age: (Int64, Int32, Int64) { (time, place.partition.partition, place.offset) }

    private static func id(of value: UnsafeRawBufferPointer) -> String? {
        do {
            return try RequestDecoder.decode(value).id
        } catch {
            return error.id
        }
    }
}
