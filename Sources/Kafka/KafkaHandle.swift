internal import CRdKafka
internal import EventLoop

/// Owns one librdkafka client instance.
final class KafkaHandle: Sendable {
    // librdkafka's handles may be used from any thread.
    nonisolated(unsafe) let pointer: OpaquePointer
    let brokers: String
    private let watch: RebalanceWatch?

    /// - Parameters:
    ///   - events: what is delivered as events instead of by callbacks, `RD_KAFKA_EVENT_…`.
    ///   - watch: is told of a group member's requests.
    /// - Throws: `KafkaError.Code.invalidConfiguration`.
    init(_ type: rd_kafka_type_t, _ properties: KafkaProperties, events: Int32, watch: RebalanceWatch? = nil) throws(KafkaError) {
        let configuration = try properties.makeConfiguration()
        rd_kafka_conf_set_events(configuration, events | RD_KAFKA_EVENT_LOG)
        watch?.observe(configuration)
        self.watch = watch
        var reason = [CChar](repeating: 0, count: 512)
        guard let pointer = rd_kafka_new(type, configuration, &reason, reason.count) else {
            rd_kafka_conf_destroy(configuration)
            throw KafkaError(.invalidConfiguration, "librdkafka refused the configuration: \(string(reason))")
        }
        self.pointer = pointer
        brokers = properties.brokers
    }

    deinit {
        // Joining librdkafka's threads takes a moment that no event loop has.
        nonisolated(unsafe) let pointer = pointer
        BlockingThread.detach(name: "kafka-destroy") { [watch] in
            rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            withExtendedLifetime(watch) {}
        }
    }

    /// The fatal error this instance has met, if any; after it, no more work is possible.
    var fatalError: String? {
        var reason = [CChar](repeating: 0, count: 512)
        return rd_kafka_fatal_error(pointer, &reason, reason.count) == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : string(reason)
    }
}
