internal import Envelope

/// The head of an HTTP answer, with the headers that OpenAI sends.
struct ResponseHead {
    /// How the length of the body is told.
    enum Framing {
        case length(Int)
        case chunks
    }

    var status = 200
    let framing: Framing
    let isKeepAlive: Bool
    /// Names the request.
    var identifier: UInt64?
    var processingTime: Duration?
    var reading: TokenBucket.Reading?
    var retryAfterMilliseconds: Int?

    func write(to writer: inout ByteWriter) {
        writer.append("HTTP/1.1 ")
        writer.append(status)
        writer.append(reason)
        switch framing {
        case .length(let length):
            writer.append("\r\ncontent-type: application/json\r\ncontent-length: ")
            writer.append(length)
        case .chunks:
            writer.append("\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\ntransfer-encoding: chunked")
        }
        writer.append("\r\nopenai-version: 2020-10-01")
        if let identifier {
            writer.append("\r\nx-request-id: req_")
            writer.append(hexadecimal: identifier)
        }
        if let processingTime {
            writer.append("\r\nopenai-processing-ms: ")
            writer.append(Int(processingTime / .milliseconds(1)))
        }
        writeLimits(to: &writer)
        writeRetryAfter(to: &writer)
        writer.append(isKeepAlive ? "\r\n\r\n" : "\r\nconnection: close\r\n\r\n")
    }

    private var reason: StaticString {
        switch status {
        case 200: " OK"
        case 400: " Bad Request"
        case 401: " Unauthorized"
        case 404: " Not Found"
        case 405: " Method Not Allowed"
        case 413: " Content Too Large"
        case 429: " Too Many Requests"
        case 503: " Service Unavailable"
        default: " Internal Server Error"
        }
    }

    /// Tokens are not limited; what is unlimited is told as a billion a minute.
    private func writeLimits(to writer: inout ByteWriter) {
        writer.append(
            """
            \r\nx-ratelimit-limit-tokens: 1000000000\r\nx-ratelimit-remaining-tokens: 999999999\r\nx-ratelimit-reset-tokens: 0s\
            \r\nx-ratelimit-limit-requests: 
            """)
        guard let reading else {
            return writer.append("1000000000\r\nx-ratelimit-remaining-requests: 999999999\r\nx-ratelimit-reset-requests: 0s")
        }
        writer.append(reading.limit)
        writer.append("\r\nx-ratelimit-remaining-requests: ")
        writer.append(reading.remaining)
        writer.append("\r\nx-ratelimit-reset-requests: ")
        writer.append(goDuration: reading.timeUntilFull)
    }

    private func writeRetryAfter(to writer: inout ByteWriter) {
        guard let retryAfterMilliseconds else { return }
        writer.append("\r\nretry-after: ")
        writer.append((retryAfterMilliseconds + 999) / 1000)
        writer.append("\r\nretry-after-ms: ")
        writer.append(retryAfterMilliseconds)
    }
}

extension ByteWriter {
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
