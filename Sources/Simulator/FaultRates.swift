/// What a provider does instead of answering, or does to its answer.
package enum Fault: UInt8, CaseIterable, Hashable, Sendable {
    /// 500, after the latency.
    case serverError
    /// 429 with the wait in the provider's own way, at once.
    case rateLimited
    /// 503, or 529, at once.
    case overloaded
    /// 200 with a body that ends in the middle, its content length being that of what is sent.
    case malformed
    /// The connection is closed after the latency, without an answer.
    case disconnected
    /// 401, at once.
    case auth
    /// 403, at once.
    case permission
    /// 404 for the model, at once.
    case notFound
    /// The prompt is too long, at once.
    case contextLength
    /// The prompt is filtered: an error, or with some providers an answer without content.
    case contentFilter
    /// 429, or 402: paying is what helps, not waiting. At once.
    case quota
    /// The answer stops in the middle, and the connection stays open.
    case stall
    /// The answer ends in the middle: a stream without its last events, a body short of its content length.
    case truncate
    /// In the middle of a stream comes an event that is not JSON; a body ends in the middle.
    case corrupt
    /// In the middle of a stream comes the provider's event of an error; instead of a body comes 500.
    case streamError
    /// The answer tells no usage.
    case noUsage

    /// The name in a prompt's `[fault …]` and in options.
    package var name: String {
        switch self {
        case .serverError: "server_error"
        case .rateLimited: "rate_limited"
        case .overloaded: "overloaded"
        case .malformed: "malformed"
        case .disconnected: "disconnect"
        case .auth: "auth"
        case .permission: "permission"
        case .notFound: "not_found"
        case .contextLength: "context_length"
        case .contentFilter: "content_filter"
        case .quota: "quota"
        case .stall: "stall"
        case .truncate: "truncate"
        case .corrupt: "corrupt"
        case .streamError: "stream_error"
        case .noUsage: "no_usage"
        }
    }

    package init?(name: some StringProtocol) {
        guard let fault = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = fault
    }

    /// True if the request is refused at the door, before any work is done for it.
    var isImmediate: Bool {
        switch self {
        case .rateLimited, .overloaded, .auth, .permission, .notFound, .contextLength, .quota: true
        default: false
        }
    }

    /// True if only the first half of an answer's tokens is sent.
    var stopsHalfway: Bool {
        switch self {
        case .malformed, .stall, .truncate, .streamError: true
        default: false
        }
    }
}

/// How probable each fault is, for every request on its own.
package struct FaultRates: Hashable, Sendable {
    private var rates = [Double](repeating: 0, count: Fault.allCases.count)

    package init() {}

    /// The probability of one fault.
    package subscript(_ fault: Fault) -> Double {
        get { rates[Int(fault.rawValue)] }
        set {
            rates[Int(fault.rawValue)] = newValue
            sum = rates.reduce(0, +)
        }
    }

    /// The probability of any fault at all.
    package private(set) var sum = 0.0

    /// The fault that a number drawn evenly from `0 ..< 1` stands for.
    func fault(at drawn: Double) -> Fault? {
        guard drawn < sum else { return nil }
        var bound = 0.0
        for fault in Fault.allCases {
            bound += self[fault]
            if drawn < bound { return fault }
        }
        return nil
    }
}

extension FaultRates {
    package var serverError: Double {
        get { self[.serverError] }
        set { self[.serverError] = newValue }
    }

    package var rateLimited: Double {
        get { self[.rateLimited] }
        set { self[.rateLimited] = newValue }
    }

    package var overloaded: Double {
        get { self[.overloaded] }
        set { self[.overloaded] = newValue }
    }

    package var malformed: Double {
        get { self[.malformed] }
        set { self[.malformed] = newValue }
    }

    package var disconnected: Double {
        get { self[.disconnected] }
        set { self[.disconnected] = newValue }
    }
}
