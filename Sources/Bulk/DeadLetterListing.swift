internal import Envelope
internal import Kafka

/// A dead letter with whether it was replayed.
package struct ListedDeadLetter: Sendable {
    package let letter: DeadLetter
    package let wasReplayed: Bool

    package init(_ letter: DeadLetter, wasReplayed: Bool) {
        self.letter = letter
        self.wasReplayed = wasReplayed
    }
}

extension DeadLetterTopic {
    /// The letters that a filter means, the oldest first.
    ///
    /// - Parameter limit: the most to return; nil for all.
    /// - Throws: `KafkaError`.
    package func list(_ filter: DeadLetterFilter, limit: Int?) throws -> [ListedDeadLetter] {
        let memory = try memory()
        var listed: [ListedDeadLetter] = []
        try read(since: filter.since) { letter, message in
            guard filter.matches(letter, value: message.value) else { return true }
            let place = letter.place
            listed.append(ListedDeadLetter(letter, wasReplayed: memory[place.partition]?.contains(place.offset) ?? false))
            return true
        }
        listed.sort { $0.letter.age < $1.letter.age }
        return Array(listed.prefix(limit ?? .max))
    }
}

/// Dead letters as lines for people and for programs.
package enum DeadLetterListing {
    /// The longest text of a cell; what is cut off is in the JSON.
    private static let widest = 48

    /// A head, and a line for each letter, in columns.
    package static func table(_ listed: [ListedDeadLetter]) -> [String] {
        var rows = [["PLACE", "TIME", "CODE", "REQUEST", "ID", "ATTEMPTS", "WORKER", "BYTES", "REPLAYS"]]
        for entry in listed {
            let letter = entry.letter
            let replays = "\(letter.replays)" + (entry.wasReplayed ? ", replayed" : "")
            rows.append(
                [
                    letter.place.description, letter.time < 0 ? "-" : time(letter.time), letter.reason?.code.rawValue ?? "-",
                    letter.history?.origin.place ?? "-", letter.id ?? "-", letter.reason.map { "\($0.attempts)" } ?? "-",
                    letter.reason?.worker ?? "-", "\(letter.size)", replays,
                ].map(cell))
        }
        let widths = rows[0].indices.map { column in rows.reduce(0) { max($0, $1[column].count) } }
        return rows.map { row in
            let padded = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return String(padded.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
    }

    /// How many there are, and how many of each code, the most frequent first.
    package static func totals(_ listed: [ListedDeadLetter]) -> String {
        var counts: [String: Int] = [:]
        for entry in listed { counts[entry.letter.reason?.code.rawValue ?? "of others", default: 0] += 1 }
        let codes = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
        let replayed = listed.count { $0.wasReplayed }
        return "\(listed.count) dead letters: " + codes.joined(separator: ", ") + "; \(replayed) were replayed"
    }

    /// A letter as a JSON object on one line.
    package static func json(_ entry: ListedDeadLetter) -> String {
        let letter = entry.letter
        var writer = ByteWriter(capacity: 512)
        func member(_ name: StaticString, _ value: String?, _ writer: inout ByteWriter) {
            writer.append(name)
            if let value { writer.appendJSON(value) } else { writer.append("null") }
        }
        member(#"{"place":"#, letter.place.description, &writer)
        member(#","time":"#, letter.time < 0 ? nil : time(letter.time), &writer)
        member(#","code":"#, letter.reason?.code.rawValue, &writer)
        member(#","message":"#, letter.reason?.message, &writer)
        member(#","request":"#, letter.history?.origin.place, &writer)
        member(#","id":"#, letter.id, &writer)
        member(#","key":"#, letter.key.flatMap { String(validating: $0, as: UTF8.self) }, &writer)
        writer.append(#","attempts":"#)
        if let attempts = letter.reason?.attempts { writer.append(attempts) } else { writer.append("null") }
        member(#","worker":"#, letter.reason?.worker, &writer)
        writer.append(#","bytes":"#)
        writer.append(letter.size)
        writer.append(#","truncated":"#)
        writer.append(letter.reason?.isTruncated ?? false)
        writer.append(#","replays":"#)
        writer.append(letter.replays)
        writer.append(#","replayed":"#)
        writer.append(entry.wasReplayed)
        writer.append("}")
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func time(_ milliseconds: Int64) -> String {
        var writer = ByteWriter(capacity: 32)
        writer.appendTimestamp(milliseconds: milliseconds)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func cell(_ text: String) -> String {
        let text = PrintableText.of(text)
        return text.count > widest ? text.prefix(widest - 1) + "…" : text
    }
}
