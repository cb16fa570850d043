package import Envelope

/// What became of a request that got no complete answer.
package enum Failure: Int, CaseIterable, Hashable, Sendable {
    case serverError
    case rateLimited
    case overloaded
    case malformed
    case disconnected
    /// Refused by the limits of its key.
    case throttled
    /// 400, 404, 405 or 413.
    case invalidRequest
    case unauthorized
    /// The client left before the answer was complete.
    case abandoned
    /// 403.
    case forbidden
    case quotaExhausted
    case contextLength
    case contentFiltered
    /// The answer stopped in the middle, and the client has given up waiting for the rest.
    case stalled
    /// The answer ended in the middle.
    case truncated
    /// An event was not JSON.
    case corrupt
    /// An error came in the middle of the stream.
    case streamError

    /// - Returns: nil if an answer with the fault is complete all the same.
    init?(_ fault: Fault) {
        switch fault {
        case .serverError: self = .serverError
        case .rateLimited: self = .rateLimited
        case .overloaded: self = .overloaded
        case .malformed: self = .malformed
        case .disconnected: self = .disconnected
        case .auth: self = .unauthorized
        case .permission: self = .forbidden
        case .notFound: self = .invalidRequest
        case .contextLength: self = .contextLength
        case .contentFilter: self = .contentFiltered
        case .quota: self = .quotaExhausted
        case .stall: self = .stalled
        case .truncate: self = .truncated
        case .corrupt: self = .corrupt
        case .streamError: self = .streamError
        case .noUsage: return nil
        }
    }

    /// The name in `GET /simulator/stats`.
    var name: StaticString {
        switch self {
        case .serverError: "server_error"
        case .rateLimited: "rate_limited"
        case .overloaded: "overloaded"
        case .malformed: "malformed"
        case .disconnected: "disconnected"
        case .throttled: "throttled"
        case .invalidRequest: "invalid_request"
        case .unauthorized: "unauthorized"
        case .abandoned: "abandoned"
        case .forbidden: "forbidden"
        case .quotaExhausted: "quota_exhausted"
        case .contextLength: "context_length"
        case .contentFiltered: "content_filtered"
        case .stalled: "stalled"
        case .truncated: "truncated"
        case .corrupt: "corrupt"
        case .streamError: "stream_error"
        }
    }
}

/// What the simulator has seen. At any time `requests` is the sum of `ok`, all failures and `inFlight`.
package struct SimulatorStatistics: Hashable, Sendable {
    /// Requests, save those for models and statistics.
    package internal(set) var requests = 0
    /// Complete answers.
    package internal(set) var ok = 0
    package internal(set) var distinctPrompts = 0
    /// Complete answers to a prompt beyond its first: what was paid twice.
    package internal(set) var repeatedOK = 0
    package internal(set) var inFlight = 0
    package internal(set) var peakInFlight = 0
    /// Connections accepted.
    package internal(set) var connections = 0
    package internal(set) var openConnections = 0
    /// Of complete answers.
    package internal(set) var promptTokens = 0
    /// Of complete answers.
    package internal(set) var completionTokens = 0

    /// By API key, "" for none: of the first 1,000 keys.
    package internal(set) var keys: [String: KeyStatistics] = [:]

    private var failures = [Int](repeating: 0, count: Failure.allCases.count)

    package init() {}

    /// How many requests failed in one way.
    package internal(set) subscript(_ failure: Failure) -> Int {
        get { failures[failure.rawValue] }
        set { failures[failure.rawValue] = newValue }
    }

    /// Appends them as a JSON object.
    package func write(to writer: inout ByteWriter) {
        writer.append("{\"requests\":")
        writer.append(requests)
        writer.append(",\"ok\":")
        writer.append(ok)
        writer.append(",\"errors\":{")
        for failure in Failure.allCases {
            writer.append(failure.rawValue == 0 ? "\"" : ",\"")
            writer.append(failure.name)
            writer.append("\":")
            writer.append(self[failure])
        }
        writer.append("}")
        let counts: [(StaticString, Int)] = [
            ("distinct_prompts", distinctPrompts), ("repeated_ok", repeatedOK), ("in_flight", inFlight), ("peak_in_flight", peakInFlight),
            ("connections", connections), ("open_connections", openConnections), ("prompt_tokens", promptTokens),
            ("completion_tokens", completionTokens),
        ]
        for (name, count) in counts {
            writer.append(",\"")
            writer.append(name)
            writer.append("\":")
            writer.append(count)
        }
        writer.append(",\"keys\":{")
        for (index, (key, counts)) in keys.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { writer.append(",") }
            writer.appendJSON(key)
            writer.append(":")
            counts.write(to: &writer)
        }
        writer.append("}}")
    }
}
