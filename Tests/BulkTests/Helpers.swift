import Bulk
import Envelope
import Kafka

let partition = TopicPartition(topic: "dead", partition: 0)

func place(_ offset: Int64, _ number: Int32 = 0) -> DeadLetterPlace {
    DeadLetterPlace(partition: TopicPartition(topic: "dead", partition: number), offset: offset)
}

/// A letter as a worker writes it.
func letter(
    _ offset: Int64, code: ErrorCode = .timeout, time: Int64 = 1_000, key: String? = nil, id: String? = nil, replays: Int? = nil,
    root: String = "first", worker: String = "w-1", isTruncated: Bool = false
) -> DeadLetter {
    let reason = DeadLetterHeaders(
        topic: "requests", partition: 1, offset: 2, timestamp: 3, timestampType: .createTime, consumerGroup: "g", code: code,
        message: "it failed", worker: worker, attempts: 4, isTruncated: isTruncated)
    let lineage = replays.map { replays in
        var lineage = Lineage(origin: MessageOrigin(topic: root, partition: 5, offset: 6, timestamp: 7))
        lineage.replays = replays
        return lineage
    }
    return DeadLetter(
        place: place(offset), time: time, key: key.map { Array($0.utf8) }, reason: reason, lineage: lineage, id: id, size: 10)
}

/// A message of another program.
func foreignLetter(_ offset: Int64) -> DeadLetter {
    DeadLetter(place: place(offset), time: 1_000, key: nil, reason: nil, lineage: nil, id: nil, size: 10)
}
