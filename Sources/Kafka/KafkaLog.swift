internal import CRdKafka
internal import Logging

/// Passes librdkafka's own log lines and error events on to the program's log.
struct KafkaLog {
    let logger: Logger

    /// Logs a LOG event.
    func log(_ event: OpaquePointer) {
        var facility: UnsafePointer<CChar>?
        var text: UnsafePointer<CChar>?
        var level: Int32 = 0
        guard rd_kafka_event_log(event, &facility, &text, &level) == 0, let text else { return }
        // syslog's levels, of which librdkafka uses 3 for errors to 7 for debugging.
        let severity: Logger.Level = level <= 3 ? .warning : level <= 5 ? .info : .debug
        logger.log(
            level: severity, "librdkafka: \(String(cString: text))", metadata: ["facility": "\(facility.map { String(cString: $0) } ?? "")"]
        )
    }

    /// Logs an ERROR event and returns it as an error of ours.
    @discardableResult
    func error(_ event: OpaquePointer, brokers: String) -> KafkaError {
        let reason = rd_kafka_event_error_string(event).map { String(cString: $0) }
        let error = KafkaError(rd_kafka_event_error(event), reason: reason, while: "Kafka at \(brokers)")
        logger.warning("\(error)")
        return error
    }
}
