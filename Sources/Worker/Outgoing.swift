internal import Envelope
internal import Kafka

/// A message to be published, with what keeps its bytes.
struct Outgoing {
    enum Role {
        case response
        case deadLetter
        case retry
        /// A piece of an answer.
        case chunk
        /// May be lost when a broker is down for long.
        case event
    }

    let role: Role
    var topic: String
    /// Where it goes if `topic` does not exist or is not ours to write to; nil to try again until it does.
    var fallbackTopic: String?
    var key: [UInt8]?
    /// Nil for a tombstone.
    var value: UnsafeRawBufferPointer?
    /// Keeps the value's bytes.
    var owner: AnyObject?
    var headers: [MessageHeader]
    /// Whether the broker has it.
    var isSent = false
}

extension Outgoing {
    static let contentType = MessageHeader("content-type", "application/json")
    private static let statusOK = MessageHeader("switchyard-status", "ok")
    private static let statusError = MessageHeader("switchyard-status", "error")

    /// A response, keyed by the request's id.
    static func response(
        _ bytes: UnsafeRawBufferPointer, owner: AnyObject, id: String, isOK: Bool, topic: String, fallbackTopic: String?,
        trace: UnsafeRawBufferPointer?
    ) -> Outgoing {
        var headers = [contentType, isOK ? statusOK : statusError]
        if let trace { headers.append(MessageHeader(name: "traceparent", value: Array(trace))) }
        return Outgoing(
            role: .response, topic: topic, fallbackTopic: fallbackTopic, key: Array(id.utf8), value: bytes, owner: owner, headers: headers)
    }

    static func event(_ bytes: UnsafeRawBufferPointer, owner: AnyObject, id: String?, topic: String) -> Outgoing {
        Outgoing(role: .event, topic: topic, key: id.map { Array($0.utf8) }, value: bytes, owner: owner, headers: [contentType])
    }

    /// A message with its own key, value and headers, and the reason why it could not be handled.
    static func deadLetter(_ message: KafkaMessage, _ reason: DeadLetterHeaders, topic: String) -> Outgoing {
        Outgoing(
            role: .deadLetter, topic: topic, key: message.key.map { Array($0) }, value: message.value, owner: message,
            headers: message.allHeaders + reason.headers)
    }

    /// How much of a message that no broker takes whole is kept.
    private static let truncatedBytes = 65_536

    /// Leaves out of a dead letter the value's end, or, if that has been done, the message's own key and headers.
    ///
    /// - Returns: false if there is nothing more to leave out.
    mutating func truncateLetter() -> Bool {
        guard headers.contains(DeadLetterHeaders.truncated) else {
            headers.append(DeadLetterHeaders.truncated)
            value = value.map { UnsafeRawBufferPointer(rebasing: $0.prefix(Self.truncatedBytes)) }
            return true
        }
        let needed = headers.filter { DeadLetterHeaders.owns($0.name) || Lineage.owns($0.name) }
        guard needed.count < headers.count || key != nil else { return false }
        headers = needed
        key = nil
        return true
    }

    /// A message with its own key, value and headers, to be worked on later.
    static func retry(_ message: KafkaMessage, _ lineage: Lineage, topic: String) -> Outgoing {
        Outgoing(
            role: .retry, topic: topic, key: message.key.map { Array($0) }, value: message.value, owner: message,
            headers: message.allHeaders.filter { !Lineage.owns($0.name) } + lineage.headers)
    }
}

extension KafkaMessage {
    fileprivate var allHeaders: [MessageHeader] {
        headers.map { MessageHeader(name: $0.name, value: $0.value.map { Array($0) } ?? []) }
    }
}
