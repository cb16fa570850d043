/// The state of decoding one request: reads the whole message even after a fault, so that the id is found wherever it stands.
struct RequestReader {
    let bytes: UnsafeRawBufferPointer
    var scanner: JSONScanner

    /// The first fault found.
    var problem: RequestProblem?

    /// Top-level fields, and fields of a batch line's body, that have been read: one bit a ``RequestField``.
    var seen: UInt64 = 0
    var seenInBody: UInt64 = 0

    var id: String?
    var idRange: ByteRange?
    var type: RequestType?
    var model: String?
    var tenant: String?
    var sessionID: String?
    var priority = RequestEnvelope.defaultPriority
    var deadline: Int64?
    var cache: CacheDirective?
    var stream = false
    var replyTo: String?
    var metadata: ByteRange?
    var urlType: RequestType?
    var payload: [PayloadField] = []
    var hasProviderSpecificFields = false

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        scanner = JSONScanner(bytes)
    }

    /// True if the message has nothing but white space.
    var isBlank: Bool {
        var scanner = scanner
        scanner.skipWhitespace()
        return scanner.position == scanner.count
    }

    mutating func readMessage() throws(JSONError) {
        guard try scanner.nextKind() == .object else {
            let value = try scanner.value()
            try scanner.end()
            return refuse(.wrongKind(FieldPath(.other), expected: "an object", found: value))
        }
        payload.reserveCapacity(8)
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            try readMember(key)
            more = try scanner.nextMember()
        }
        try scanner.end()
    }

    /// Remembers a fault, unless there has been one before.
    mutating func refuse(_ problem: RequestProblem) {
        if self.problem == nil { self.problem = problem }
    }

    /// An error with all that is known of the request.
    func error(_ code: ErrorCode, _ message: String) -> EnvelopeError {
        EnvelopeError(
            code: code, message: message, id: id, idRange: idRange, type: type ?? urlType ?? inferredType,
            replyTo: replyTo, metadata: metadata, isStreamed: stream)
    }

    func field(named key: JSONString) -> RequestField {
        guard key.hasEscapes else { return RequestField.named(bytes[key.content]) }
        var name = JSONText.string(key, in: bytes)
        return name.withUTF8 { RequestField.named(UnsafeRawBufferPointer($0)) }
    }

    private mutating func readMember(_ key: JSONString) throws(JSONError) {
        let field = field(named: key)
        guard field != .other else {
            _ = try scanner.value()
            return refuse(.unknown(key))
        }
        guard seen & field.bit == 0 else {
            _ = try scanner.value()
            return refuse(.duplicate(key))
        }
        seen |= field.bit
        switch field {
        case .id, .customID: try readID(field)
        case .version: try readVersion()
        case .type: try readType()
        case .model: try readModel(FieldPath(.model))
        case .tenant: tenant = try readText(field)
        case .sessionID: sessionID = try readText(field)
        case .replyTo: replyTo = try readText(field)
        case .priority: try readPriority()
        case .deadline: try readDeadline()
        case .cache: try readCache()
        case .stream: try readStream(FieldPath(.stream))
        case .metadata: try readMetadata()
        case .extra: try readExtra()
        case .method: try readMethod()
        case .url: try readURL()
        case .body: try readBody()
        default: try readPayload(field, key, isInBody: false)
        }
    }
}
