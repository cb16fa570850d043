import Kafka
import Logging
import Synchronization

/// Keeps what is logged.
final class Log: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])

    var messages: [String] { lines.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.message)") }
    }
}

extension BulkProducer {
    /// Sends a message to a broker that is not there, which has the client's events served.
    func flushOne() throws(KafkaError) {
        try produce(topic: "t", key: [], value: UnsafeRawBufferPointer(start: nil, count: 0))
        try flush(timeout: .milliseconds(300))
    }
}
