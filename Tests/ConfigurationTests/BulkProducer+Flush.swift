import Kafka

extension BulkProducer {
    /// Sends a message to a broker that is not there, which has the client's events served.
    func flushOne() throws(KafkaError) {
        try produce(topic: "t", key: [], value: UnsafeRawBufferPointer(start: nil, count: 0))
        try flush(timeout: .milliseconds(300))
    }
}
