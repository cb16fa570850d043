/// The place of a message, and its timestamp, for a topic that is made anew has the same places.
package struct MessageOrigin: Hashable, Sendable, CustomStringConvertible {
    package let topic: String
    package let partition: Int32
    package let offset: Int64

    /// Unix milliseconds; -1 if the message has none.
    package let timestamp: Int64

    package init(topic: String, partition: Int32, offset: Int64, timestamp: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.timestamp = timestamp
    }

    /// `topic/partition/offset`, for people.
    package var place: String { "\(topic)/\(partition)/\(offset)" }

    /// `topic/partition/offset@timestamp`
    package var description: String { "\(place)@\(timestamp)" }

    /// Reads a `description` back.
    package init?(_ text: String) {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        guard halves.count == 2, let timestamp = Int64(halves[1]) else { return nil }
        let parts = halves[0].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, Self.isTopic(parts[0]), let partition = Int32(parts[1]), let offset = Int64(parts[2]) else { return nil }
        self.init(topic: String(parts[0]), partition: partition, offset: offset, timestamp: timestamp)
    }

    /// Kafka's rule for the names of topics: of letters, digits, `.`, `_` and `-`, at most 249.
    private static func isTopic(_ name: Substring) -> Bool {
        (1...249).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
