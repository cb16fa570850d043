internal import Foundation

/// What a message carries, in headers, that Switchyard itself has produced again: to a retry topic, or from the dead letters.
///
/// All such copies of a message and the message itself are one request, which is answered once.
package struct Lineage: Hashable, Sendable {
    /// The message that the requester has sent.
    package var origin: MessageOrigin

    /// How often it was produced again. Of two copies the one of the lower generation is superseded.
    package var generation: Int

    /// How often it came back from the dead letters.
    package var replays: Int

    /// Provider calls that were made for it before, none of them from before its last replay.
    package var attempts: [Attempt]

    /// When a worker first began on it, in unix milliseconds, since its last replay; nil if none has.
    package var began: Int64?

    /// When it may be worked on, in unix milliseconds; nil for at once.
    package var notBefore: Int64?

    /// A message that its requester has sent has no history.
    package init(origin: MessageOrigin) {
        self.origin = origin
        generation = 0
        replays = 0
        attempts = []
    }

    /// The lineage of the same request after its dead letter was sent again.
    package func replayed() -> Lineage {
        var next = Lineage(origin: origin)
        next.generation = generation + 1
        next.replays = replays + 1
        return next
    }

    // MARK: Headers

    /// More than ever occur; others are not believed.
    private static let mostCopies: Int64 = 1_000_000

    private enum Name {
        static let origin = "switchyard-root"
        static let generation = "switchyard-generation"
        static let replays = "switchyard-replays"
        static let attempts = "switchyard-history"
        static let began = "switchyard-began"
        static let notBefore = "switchyard-not-before"
        // Spring Kafka's, for tools that know them.
        // https://docs.spring.io/spring-kafka/reference/retrytopic.html
        static let springAttempts = "retry_topic-attempts"
        static let springOriginal = "retry_topic-original-timestamp"
        static let springBackoff = "retry_topic-backoff-timestamp"

        static let all: Set<String> = [
            origin, generation, replays, attempts, began, notBefore, springAttempts, springOriginal, springBackoff,
        ]
    }

    /// The header that tells a message with a history from one without.
    package static let marker = Name.origin

    /// True if a header of that name is one of these, to be left out when they are written anew.
    package static func owns(_ name: String) -> Bool {
        Name.all.contains(name)
    }

    /// The headers to add to the message's own.
    package var headers: [MessageHeader] {
        var headers = [
            MessageHeader(Name.origin, origin.description), MessageHeader(Name.generation, "\(generation)"),
            MessageHeader(Name.replays, "\(replays)"),
        ]
        if let began { headers.append(MessageHeader(Name.began, "\(began)")) }
        guard let notBefore else { return headers }
        headers += [
            MessageHeader(Name.notBefore, "\(notBefore)"), MessageHeader(name: Name.attempts, value: history),
            MessageHeader(name: Name.springAttempts, value: BigEndian.bytes(Int32(clamping: attempts.count))),
            MessageHeader(name: Name.springOriginal, value: BigEndian.bytes(origin.timestamp)),
            MessageHeader(name: Name.springBackoff, value: BigEndian.bytes(notBefore)),
        ]
        return headers
    }

    /// Reads the headers back. Where a name stands several times the last one counts, as the newest.
    ///
    /// - Parameter value: the value of a header.
    /// - Returns: nil if the message has none, or what it has was not written by Switchyard.
    package init?(reading value: (String) -> UnsafeRawBufferPointer?) {
        func text(_ name: String) -> String? { value(name).map { String(decoding: $0, as: UTF8.self) } }
        func natural(_ name: String) -> Int64? { text(name).flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil } }
        guard let origin = text(Name.origin).flatMap(MessageOrigin.init),
            let generation = natural(Name.generation), let replays = natural(Name.replays), max(generation, replays) < Self.mostCopies
        else { return nil }
        self.init(origin: origin)
        self.generation = Int(generation)
        self.replays = Int(replays)
        began = natural(Name.began)
        notBefore = natural(Name.notBefore)
        if let bytes = value(Name.attempts) { attempts = Self.attempts(reading: bytes) }
    }

    private var history: [UInt8] {
        var writer = ByteWriter(capacity: 128 * attempts.count + 2)
        writer.append("[")
        for (index, attempt) in attempts.enumerated() {
            if index > 0 { writer.append(",") }
            attempt.write(into: &writer)
        }
        writer.append("]")
        return Array(writer.bytes)
    }

    private static func attempts(reading bytes: UnsafeRawBufferPointer) -> [Attempt] {
        struct Record: Decodable {
            let provider: String
            let model: String
            let status: Int?
            let ms: Double
            let error: String?
            let key_trial: Bool?
        }
        let records = try? JSONDecoder().decode([Record].self, from: Data(bytes))
        return (records ?? []).map {
            Attempt(
                provider: $0.provider, model: $0.model, status: $0.status, milliseconds: $0.ms,
                error: $0.error.flatMap(ErrorCode.init(rawValue:)),
                isKeyTrial: $0.key_trial ?? false)
        }
    }
}
