internal import Envelope

/// Why a request gets an error instead of an answer. Dialects write it in their own words.
struct APIError: Error {
    enum Kind: Equatable {
        case invalidRequest
        case noKey
        case wrongKey
        case forbidden
        /// The path.
        case notFound
        case modelNotFound
        case wrongMethod
        case tooLarge
        case rateLimited
        case quotaExhausted
        case serverError
        case overloaded
        case contextLength
        case contentFiltered
    }

    let kind: Kind
    /// As OpenAI says it.
    let message: String
    var parameter: StaticString?
    var code: StaticString?
    var retryAfterMilliseconds: Int?

    /// The model that was asked for, without quotes; empty if it is not known.
    var model = ""
    var promptTokens = 0

    init(_ kind: Kind, message: String, parameter: StaticString? = nil, code: StaticString? = nil, retryAfterMilliseconds: Int? = nil) {
        self.kind = kind
        self.message = message
        self.parameter = parameter
        self.code = code
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }

    /// Appends the whole answer.
    ///
    /// - Parameter identifier: names the request.
    func writeAnswer(
        _ dialect: any Dialect = OpenAIDialect(), identifier: UInt64?, reading: QuotaReading = QuotaReading(), time: Int = 0,
        isKeepAlive: Bool, to writer: inout ByteWriter
    ) {
        var body = ByteWriter()
        dialect.appendError(self, identifier: identifier, to: &body)
        var head = ResponseHead(dialect, framing: .length(body.count), isKeepAlive: isKeepAlive, identifier: identifier)
        head.status = dialect.status(self)
        head.reading = reading
        head.time = time
        head.error = self
        head.write(to: &writer)
        writer.append(body.bytes)
    }
}
