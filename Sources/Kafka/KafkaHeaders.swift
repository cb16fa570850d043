internal import CRdKafka

/// The headers of a message to be produced. Names and values are copied in.
package struct KafkaHeaders: ~Copyable {
    private var list: OpaquePointer?

    package init() {}

    deinit {
        if let list { rd_kafka_headers_destroy(list) }
    }

    package mutating func add(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        rd_kafka_header_add(made(), UnsafePointer(OpaquePointer(name.utf8Start)), name.utf8CodeUnitCount, value.baseAddress, value.count)
    }

    package mutating func add(_ name: StaticString, _ value: StaticString) {
        add(name, UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
    }

    package mutating func add(_ name: String, _ value: UnsafeRawBufferPointer?) {
        rd_kafka_header_add(made(), name, -1, value?.baseAddress, value?.count ?? 0)
    }

    package mutating func add(_ name: String, _ value: [UInt8]) {
        value.withUnsafeBytes { add(name, $0) }
    }

    /// Gives the list away, to be destroyed by who takes it; nil if no header was added.
    consuming func take() -> OpaquePointer? {
        let taken = list
        discard self
        return taken
    }

    private mutating func made() -> OpaquePointer? {
        if list == nil { list = rd_kafka_headers_new(8) }
        return list
    }
}
