internal import CRdKafka
package import EventLoop
package import Logging

/// An idempotent producer (acks=all, lz4) that answers each `send` with the broker's acknowledgement. Confined to its loop.
///
/// When librdkafka reports a fatal error, which its idempotent producer does now and then without need, the handle is made anew
/// and what was not acknowledged is sent again: a message may then be on the topic twice, but is never lost.
package final class Producer {
    private let loop: EventLoop
    private let properties: KafkaProperties
    private let log: KafkaLog
    private var session: ProducerSession

    /// - Throws: `KafkaError.Code.invalidConfiguration`.
    package init(properties: KafkaProperties, loop: EventLoop, logger: Logger) throws(KafkaError) {
        let defaults: [(name: String, value: String)] = [
            ("enable.idempotence", "true"), ("acks", "all"), ("compression.type", "lz4"), ("linger.ms", "5"),
            ("message.max.bytes", "16777216"), ("log.queue", "true"),
        ]
        self.properties = KafkaProperties(defaults).merging(properties.values)
        self.loop = loop
        log = KafkaLog(logger: logger)
        session = try ProducerSession(properties: self.properties, loop: loop, log: log)
    }

    /// Sends one message and waits until the broker has it. The value's bytes are not copied: they must stay until this returns.
    ///
    /// Waits through broker outages, however long, unless the task is cancelled and `abandon` called.
    ///
    /// - Throws: `KafkaError` of code `messageTooLarge`, `unknownTopic`, `notAuthorized`, or `cancelled`.
    package func send(
        topic: String, key: [UInt8]?, value: UnsafeRawBufferPointer?, isolation: isolated (any Actor)? = #isolation,
        fillHeaders: (inout KafkaHeaders) -> Void
    ) async throws(KafkaError) {
        var pause = Duration.milliseconds(5)
        while true {
            let session = session
            var headers = KafkaHeaders()
            fillHeaders(&headers)
            let result = await session.deliver(topic: topic, key: key, value: value, headers: headers)
            if result == RD_KAFKA_RESP_ERR_NO_ERROR { return }
            let error = KafkaError(result, while: "cannot produce to \(topic)")
            switch error.code {
            case .messageTooLarge, .unknownTopic, .notAuthorized: throw error
            default: break
            }
            if Task.isCancelled { throw KafkaError(.cancelled, "gave up producing to \(topic): \(error)") }
            if session.handle.fatalError != nil, session === self.session {
                log.logger.error("the producer failed and is made anew: \(session.handle.fatalError ?? "")")
                session.purge()
                self.session = try ProducerSession(properties: properties, loop: loop, log: log)
            }
            do {
                try await loop.sleep(for: pause)
            } catch {
                throw KafkaError(.cancelled, "gave up producing to \(topic)")
            }
            pause = min(pause * 2, .seconds(1))
        }
    }

    /// Sends one message and does not wait: for what may be lost when a broker is down for long. A message that does not get through
    /// is logged and forgotten.
    ///
    /// - Parameters:
    ///   - value: memory from `malloc`, which is the producer's from now on.
    ///   - count: how many bytes of it.
    /// - Returns: false if it is dropped at once.
    @discardableResult
    package func post(
        topic: String, key: [UInt8]?, value: UnsafeMutableRawPointer, count: Int, headers: consuming KafkaHeaders
    ) -> Bool {
        session.post(topic: topic, key: key, value: value, count: count, headers: headers)
    }

    /// Waits until nothing is outstanding, or the time is over.
    package func flush(timeout: Duration, isolation: isolated (any Actor)? = #isolation) async {
        let deadline = MonotonicTime.now + timeout
        while session.queued > 0, MonotonicTime.now < deadline, (try? await loop.sleep(for: .milliseconds(5))) != nil {}
    }

    /// Fails every message that is not acknowledged, so that the cancelled tasks that wait for them go on.
    package func abandon() {
        session.purge()
    }
}
