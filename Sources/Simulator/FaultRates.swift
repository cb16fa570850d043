/// What a provider does instead of answering.
package enum Fault: UInt8, CaseIterable, Hashable, Sendable {
    /// 500, after the latency.
    case serverError
    /// 429 with `retry-after`, at once.
    case rateLimited
    /// 503, at once.
    case overloaded
    /// 200 with a body that ends in the middle, its content length being that of what is sent.
    case malformed
    /// The connection is closed after the latency, without an answer.
    case disconnected

    /// True if the request is refused at the door, before any work is done for it.
    var isImmediate: Bool { self == .rateLimited || self == .overloaded }
}

/// How probable each fault is, for every request on its own.
package struct FaultRates: Hashable, Sendable {
    package var serverError = 0.0
    package var rateLimited = 0.0
    package var overloaded = 0.0
    package var malformed = 0.0
    package var disconnected = 0.0

    package init() {}

    /// The probability of one fault.
    package subscript(_ fault: Fault) -> Double {
        switch fault {
        case .serverError: serverError
        case .rateLimited: rateLimited
        case .overloaded: overloaded
        case .malformed: malformed
        case .disconnected: disconnected
        }
    }

    /// The probability of any fault at all.
    package var sum: Double { serverError + rateLimited + overloaded + malformed + disconnected }

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
