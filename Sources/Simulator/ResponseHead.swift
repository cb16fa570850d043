internal import Envelope

/// The head of an HTTP answer, with the headers that the provider sends.
struct ResponseHead {
    /// How the length of the body is told.
    enum Framing {
        case length(Int)
        case chunks
    }

    let dialect: any Dialect
    var status = 200
    let framing: Framing
    let isKeepAlive: Bool
    /// Names the request.
    var identifier: UInt64?
    var processingTime: Duration?
    var reading = QuotaReading()
    /// What the answer is, if it is an error.
    var error: APIError?
    /// Seconds since 1970.
    var time = 0
    var contentType: StaticString = "application/json"

    init(_ dialect: any Dialect, framing: Framing, isKeepAlive: Bool, identifier: UInt64? = nil) {
        self.dialect = dialect
        self.framing = framing
        self.isKeepAlive = isKeepAlive
        self.identifier = identifier
    }

    func write(to writer: inout ByteWriter) {
        writer.append("HTTP/1.1 ")
        writer.append(status)
        writer.append(reason)
        switch framing {
        case .length(let length):
            writer.append("\r\ncontent-type: ")
            writer.append(contentType)
            writer.append("\r\ncontent-length: ")
            writer.append(length)
        case .chunks:
            writer.append("\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\ntransfer-encoding: chunked")
        }
        dialect.appendHeaders(self, to: &writer)
        writer.append(isKeepAlive ? "\r\n\r\n" : "\r\nconnection: close\r\n\r\n")
    }

    private var reason: StaticString {
        switch status {
        case 200: " OK"
        case 400: " Bad Request"
        case 401: " Unauthorized"
        case 402: " Payment Required"
        case 403: " Forbidden"
        case 404: " Not Found"
        case 405: " Method Not Allowed"
        case 413: " Content Too Large"
        case 429: " Too Many Requests"
        case 498: " Blocked"
        case 503: " Service Unavailable"
        case 529: " Overloaded"
        default: " Internal Server Error"
        }
    }
}

extension ByteWriter {
    /// Appends `x-ratelimit-{limit,remaining,reset}-` and a name, the time until the reset in the provider's own way.
    mutating func appendLimit(
        _ name: StaticString, _ reading: TokenBucket.Reading?, reset: (_ time: Duration, _ writer: inout ByteWriter) -> Void
    ) {
        let reading = reading ?? .unlimited
        appendLimitName("limit-", name)
        append(reading.limit)
        appendLimitName("remaining-", name)
        append(reading.remaining)
        appendLimitName("reset-", name)
        reset(reading.timeUntilFull, &self)
    }

    private mutating func appendLimitName(_ kind: StaticString, _ name: StaticString) {
        append("\r\nx-ratelimit-")
        append(kind)
        append(name)
        append(": ")
    }

    /// Appends a time as Go writes it: `12ms`, `1.5s`, `6m0s`.
    mutating func append(goDuration duration: Duration) {
        let milliseconds = Int((duration / .milliseconds(1)).rounded(.up))
        if milliseconds == 0 { return append("0s") }
        guard milliseconds >= 1000 else {
            append(milliseconds)
            return append("ms")
        }
        if milliseconds >= 60_000 {
            append(milliseconds / 60_000)
            append("m")
        }
        append(Double(milliseconds % 60_000) / 1000, decimals: 3)
        append("s")
    }
}
