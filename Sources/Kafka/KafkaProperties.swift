internal import CRdKafka

/// librdkafka's configuration properties, by its own names, in the order they are to be set.
///
/// Names and values: https://github.com/confluentinc/librdkafka/blob/v2.0.2/CONFIGURATION.md
package struct KafkaProperties: Sendable {
    package private(set) var values: [(name: String, value: String)]

    package init(_ values: [(name: String, value: String)] = []) {
        self.values = values
    }

    /// These properties, and then `others`, which win where both have a name.
    package func merging(_ others: [(name: String, value: String)]) -> KafkaProperties {
        let overridden = Set(others.map(\.name))
        return KafkaProperties(values.filter { !overridden.contains($0.name) } + others)
    }

    package subscript(name: String) -> String? {
        values.last { $0.name == name }?.value
    }

    /// Where the brokers are, for messages to people.
    package var brokers: String { self["bootstrap.servers"] ?? self["metadata.broker.list"] ?? "(no bootstrap.servers)" }

    /// Tries every property on librdkafka.
    ///
    /// - Throws: `KafkaError.Code.invalidConfiguration` naming the first property that it does not take, and the nearest one it has.
    package func validate() throws(KafkaError) {
        rd_kafka_conf_destroy(try makeConfiguration())
    }

    /// A configuration that `rd_kafka_new` takes over.
    func makeConfiguration() throws(KafkaError) -> OpaquePointer {
        guard let configuration = rd_kafka_conf_new() else {
            throw KafkaError(.other("out of memory"), "librdkafka could not make a configuration: out of memory")
        }
        for (name, value) in values {
            var reason = [CChar](repeating: 0, count: 512)
            let result = rd_kafka_conf_set(configuration, name, value, &reason, reason.count)
            if result == RD_KAFKA_CONF_OK { continue }
            rd_kafka_conf_destroy(configuration)
            if result == RD_KAFKA_CONF_UNKNOWN {
                throw KafkaError(.invalidConfiguration, "kafka.\(name): librdkafka has no such property" + Self.suggestion(for: name))
            }
            throw KafkaError(.invalidConfiguration, "kafka.\(name): \(string(reason))")
        }
        return configuration
    }

    private static func suggestion(for name: String) -> String {
        guard let configuration = rd_kafka_conf_new() else { return "" }
        defer { rd_kafka_conf_destroy(configuration) }
        var count = 0
        guard let dump = rd_kafka_conf_dump(configuration, &count) else { return "" }
        defer { rd_kafka_conf_dump_free(dump, count) }
        let known = stride(from: 0, to: count, by: 2).compactMap { dump[$0].map { String(cString: $0) } }
        func sharedPrefix(_ candidate: String) -> Int { zip(candidate.utf8, name.utf8).prefix { $0 == $1 }.count }
        guard let best = known.max(by: { sharedPrefix($0) < sharedPrefix($1) }), sharedPrefix(best) > 3 else { return "" }
        return "; did you mean '\(best)'?"
    }
}

/// The text in a buffer that C has filled and ended with a zero.
func string(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
