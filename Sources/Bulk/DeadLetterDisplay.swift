package import Kafka

extension DeadLetterTopic {
    /// Gives `body` the letters at some places.
    ///
    /// - Returns: the places that have none.
    /// - Throws: `KafkaError`, and what `body` throws.
    package func withLetters(
        at places: Set<DeadLetterPlace>, _ body: (DeadLetter, KafkaMessage) throws -> Void
    ) throws -> Set<DeadLetterPlace> {
        var missing = places
        var wanted: [TopicPartition: Range<Int64>] = [:]
        for (partition, range) in ranges {
            let offsets = places.filter { $0.partition == partition && range.contains($0.offset) }.map(\.offset)
            if let first = offsets.min(), let last = offsets.max() { wanted[partition] = first..<last + 1 }
        }
        try read(wanted) { letter, message in
            if missing.remove(letter.place) != nil { try body(letter, message) }
            return true
        }
        return missing
    }
}

/// A dead letter in full, for people.
package enum DeadLetterDisplay {
    /// How much of a value that is no text is shown.
    private static let dumpLimit = 4_096

    package static func text(_ letter: DeadLetter, _ message: KafkaMessage) -> String {
        let headers = message.headers.map { (name: $0.name, value: $0.value.map { Array($0) }) }
        return text(letter, headers: headers, value: message.value.map { Array($0) })
    }

    package static func text(_ letter: DeadLetter, headers: [(name: String, value: [UInt8]?)], value: [UInt8]?) -> String {
        let time = letter.time < 0 ? "unknown" : DeadLetterListing.time(letter.time)
        var lines = ["\(letter.place)", "time   \(time)", "key    \(letter.key.map(PrintableText.of) ?? "none")", "headers"]
        let width = headers.reduce(0) { max($0, $1.name.count) }
        for header in headers {
            let name = PrintableText.of(header.name)
            let padding = String(repeating: " ", count: max(0, width - name.count))
            lines.append("  \(name)\(padding)  \(self.value(of: header.name, header.value))")
        }
        if headers.isEmpty { lines.append("  none") }
        lines.append("value  \(letter.size) bytes")
        lines.append(contentsOf: value.map(body) ?? ["none: a tombstone"])
        return lines.joined(separator: "\n")
    }

    private static func value(of name: String, _ bytes: [UInt8]?) -> String {
        guard let bytes else { return "null" }
        return number(name, bytes) ?? PrintableText.of(bytes)
    }

    /// Those of Spring's headers that are integers: big-endian, 4 bytes or 8.
    private static func number(_ name: String, _ bytes: [UInt8]) -> String? {
        let bits = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        switch (name, bytes.count) {
        case ("kafka_dlt-original-partition", 4), ("retry_topic-attempts", 4): return "\(Int32(truncatingIfNeeded: bits))"
        case ("kafka_dlt-original-offset", 8), ("kafka_dlt-original-timestamp", 8), ("retry_topic-original-timestamp", 8),
            ("retry_topic-backoff-timestamp", 8):
            return "\(Int64(bitPattern: bits))"
        default: return nil
        }
    }

    private static func body(_ value: [UInt8]) -> [String] {
        if let text = PrintableText.lines(value) { return [text] }
        var lines = stride(from: 0, to: min(value.count, dumpLimit), by: 16).map { start in
            dump(value[start..<min(start + 16, value.count)], at: start)
        }
        if value.count > dumpLimit { lines.append("… and \(value.count - dumpLimit) bytes more; --raw writes them all") }
        return lines
    }

    /// As `hexdump -C` writes it.
    private static func dump(_ bytes: ArraySlice<UInt8>, at offset: Int) -> String {
        let hexadecimal = bytes.map { PrintableText.hexadecimal($0) }.joined(separator: " ")
        let text = bytes.map { (0x20..<0x7f).contains($0) ? Character(Unicode.Scalar($0)) : "." }
        let place = String(offset, radix: 16)
        return String(repeating: "0", count: max(0, 8 - place.count)) + place + "  "
            + hexadecimal + String(repeating: " ", count: 48 - hexadecimal.count) + " |" + String(text) + "|"
    }
}
