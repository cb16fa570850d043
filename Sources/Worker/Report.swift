internal import Envelope

/// A request's response and event as they are published, in one piece of memory, which is also what the ledger remembers: four bytes
/// with the response's length, the response, and the event, if there is a topic for events.
struct Report {
    let owner: AnyObject
    let response: UnsafeRawBufferPointer
    /// Nil if events are not published.
    let event: UnsafeRawBufferPointer?
    /// All of it, for the ledger.
    let bytes: UnsafeRawBufferPointer

    private static let prefixLength = 4

    init(_ response: ResponseEnvelope, _ event: EventEnvelope?) {
        var writer = ByteWriter(capacity: 2_048)
        for _ in 0..<Self.prefixLength { writer.append(0) }
        response.write(into: &writer)
        let length = UInt32(writer.count - Self.prefixLength)
        event?.write(into: &writer)
        let written = WrittenBytes(writer)
        UnsafeMutableRawBufferPointer(mutating: written.bytes).storeBytes(of: length.bigEndian, as: UInt32.self)
        self.init(owner: written, bytes: written.bytes, responseLength: Int(length))
    }

    /// Reads what the ledger has remembered.
    ///
    /// - Returns: nil if it is not a report.
    init?(remembered: [UInt8]) {
        guard remembered.count > Self.prefixLength else { return nil }
        let length = remembered.prefix(Self.prefixLength).reduce(0) { $0 << 8 | Int($1) }
        guard length > 0, length <= remembered.count - Self.prefixLength else { return nil }
        var writer = ByteWriter(capacity: remembered.count)
        remembered.withUnsafeBytes { writer.append($0) }
        let written = WrittenBytes(writer)
        self.init(owner: written, bytes: written.bytes, responseLength: length)
    }

    /// What an answer's last piece tells, as JSON.
    var finishReasonAndMessage: (reason: UnsafeRawBufferPointer?, message: UnsafeRawBufferPointer?) {
        guard let response = try? JSONView(parsing: response) else { return (nil, nil) }
        return (response["finish_reason"]?.json, response["message"]?.json)
    }

    private init(owner: AnyObject, bytes: UnsafeRawBufferPointer, responseLength: Int) {
        self.owner = owner
        self.bytes = bytes
        let end = Self.prefixLength + responseLength
        response = UnsafeRawBufferPointer(rebasing: bytes[Self.prefixLength..<end])
        event = end < bytes.count ? UnsafeRawBufferPointer(rebasing: bytes[end...]) : nil
    }
}
