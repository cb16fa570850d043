package import Envelope

/// How a flight has failed for all that waited for it.
package struct SharedFailure: Equatable, Sendable {
    package let code: ErrorCode
    package let message: String
    package let retryable: Bool
    /// Milliseconds after which the requests are to be tried again; nil if they are not.
    package let tryAgainAfter: Int?

    package init(code: ErrorCode, message: String, retryable: Bool, tryAgainAfter: Int? = nil) {
        self.code = code
        self.message = message
        self.retryable = retryable
        self.tryAgainAfter = tryAgainAfter
    }

    var written: [UInt8] {
        var writer = ByteWriter(capacity: 256)
        writer.append("{\"code\":")
        writer.appendJSON(code.rawValue)
        writer.append(",\"message\":")
        writer.appendJSON(message)
        writer.append(",\"retryable\":")
        writer.append(retryable)
        if let tryAgainAfter {
            writer.append(",\"after\":")
            writer.append(tryAgainAfter)
        }
        writer.append("}")
        return Array(writer.bytes)
    }

    /// Nil if it is none.
    init?(written: [UInt8]) {
        let failure = written.withUnsafeBytes { bytes -> SharedFailure? in
            guard let view = try? JSONView(parsing: bytes), let code = view["code"]?.string.flatMap(ErrorCode.init(rawValue:)),
                let message = view["message"]?.string, let retryable = view["retryable"]?.boolean
            else { return nil }
            return SharedFailure(code: code, message: message, retryable: retryable, tryAgainAfter: view["after"]?.integer)
        }
        guard let failure else { return nil }
        self = failure
    }
}
