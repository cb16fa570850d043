package import Envelope

/// The parts of a response that collecting and counting need, read from its bytes.
package struct ResponseView: Sendable {
    package private(set) var id = ""
    package private(set) var isOK = false
    package private(set) var type = "chat"
    package private(set) var model: String?
    package private(set) var message: ByteRange?
    package private(set) var choices: ByteRange?
    package private(set) var embeddings: ByteRange?
    package private(set) var finishReason: ByteRange?
    package private(set) var errorCode: String?
    package private(set) var errorMessage: String?
    package private(set) var inputTokens: Int64 = 0
    package private(set) var outputTokens: Int64 = 0
    /// US dollars; 0 where the price is unknown.
    package private(set) var cost: Double = 0
    /// Milliseconds from intake to answer.
    package private(set) var totalMilliseconds: Double = 0

    /// - Throws: `JSONError` if the bytes are not a JSON object.
    package init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var scanner = JSONScanner(bytes)
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            read(key, try scanner.value(), in: bytes)
            more = try scanner.nextMember()
        }
        try scanner.end()
    }

    private mutating func read(_ key: JSONString, _ value: JSONValue, in bytes: UnsafeRawBufferPointer) {
        let range = value.range
        switch (JSONText.string(key, in: bytes), value.kind) {
        case ("id", .string): id = JSONText.string(at: range, in: bytes)
        case ("status", .string): isOK = bytes.equals("\"ok\"", at: range)
        case ("type", .string): type = JSONText.string(at: range, in: bytes)
        case ("model", .string): model = JSONText.string(at: range, in: bytes)
        case ("message", .object): message = range
        case ("choices", .array): choices = range
        case ("embeddings", .array): embeddings = range
        case ("finish_reason", _): finishReason = range
        case ("cost", .number): cost = JSONText.double(at: range, in: bytes) ?? 0
        case ("usage", .object):
            inputTokens = Self.integer("input", of: range, in: bytes)
            outputTokens = Self.integer("output", of: range, in: bytes)
        case ("timings", .object):
            let object = bytes[range]
            if let total = try? JSONText.value("total", in: object), let number = JSONText.double(at: total.range, in: object) {
                totalMilliseconds = number
            }
        case ("error", .object):
            errorCode = Self.string("code", of: range, in: bytes)
            errorMessage = Self.string("message", of: range, in: bytes)
        default: break
        }
    }

    private static func integer(_ name: StaticString, of range: ByteRange, in bytes: UnsafeRawBufferPointer) -> Int64 {
        let object = bytes[range]
        guard let value = try? JSONText.value(name, in: object) else { return 0 }
        return min(max(JSONText.integer(at: value.range, in: object) ?? 0, 0), 1 << 40)
    }

    private static func string(_ name: StaticString, of range: ByteRange, in bytes: UnsafeRawBufferPointer) -> String? {
        let object = bytes[range]
        guard let value = try? JSONText.value(name, in: object), value.kind == .string else { return nil }
        return JSONText.string(at: value.range, in: object)
    }
}
