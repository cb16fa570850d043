internal import CRdKafka

/// A consumed message. Its bytes are librdkafka's own buffer, which this object keeps until it goes.
package final class KafkaMessage {
    private let raw: UnsafeMutablePointer<rd_kafka_message_t>
    package let topic: String

    package enum TimestampType: String, Sendable {
        case none = "NoTimestampType"
        case created = "CreateTime"
        case appended = "LogAppendTime"
    }

    /// Takes over the message.
    init(_ raw: UnsafeMutablePointer<rd_kafka_message_t>, topic: String) {
        self.raw = raw
        self.topic = topic
    }

    deinit {
        rd_kafka_message_destroy(raw)
    }

    package var partition: Int32 { raw.pointee.partition }
    package var offset: Int64 { raw.pointee.offset }

    /// The bytes of the value; valid as long as this object. Nil for a tombstone.
    package var value: UnsafeRawBufferPointer? {
        raw.pointee.payload.map { UnsafeRawBufferPointer(start: $0, count: raw.pointee.len) }
    }

    /// The bytes of the key; valid as long as this object.
    package var key: UnsafeRawBufferPointer? {
        raw.pointee.key.map { UnsafeRawBufferPointer(start: $0, count: raw.pointee.key_len) }
    }

    /// Milliseconds since the Unix epoch, or -1, and who set it.
    package var timestamp: (milliseconds: Int64, type: TimestampType) {
        var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = rd_kafka_message_timestamp(raw, &type)
        switch type {
        case RD_KAFKA_TIMESTAMP_CREATE_TIME: return (milliseconds, .created)
        case RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME: return (milliseconds, .appended)
        default: return (-1, .none)
        }
    }

    /// The last header of that name; its bytes are valid as long as this object.
    package func header(_ name: String) -> UnsafeRawBufferPointer? {
        guard let headers = rawHeaders else { return nil }
        var value: UnsafeRawPointer?
        var size = 0
        guard rd_kafka_header_get_last(headers, name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR, let value else { return nil }
        return UnsafeRawBufferPointer(start: value, count: size)
    }

    /// All headers, in order; the values' bytes are valid as long as this object.
    package var headers: [(name: String, value: UnsafeRawBufferPointer?)] {
        guard let headers = rawHeaders else { return [] }
        var result: [(name: String, value: UnsafeRawBufferPointer?)] = []
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while rd_kafka_header_get_all(headers, result.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR, let name {
            let bytes = value.map { UnsafeRawBufferPointer(start: $0, count: size) }
            result.append((String(cString: name), bytes))
        }
        return result
    }

    private var rawHeaders: OpaquePointer? {
        var headers: OpaquePointer?
        return rd_kafka_message_headers(raw, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR ? headers : nil
    }
}
