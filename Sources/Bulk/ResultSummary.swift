/// What came of a job, counted response by response.
package struct ResultSummary: Sendable {
    /// How many different ids were asked for.
    package private(set) var requests: Int
    package private(set) var succeeded = 0
    package private(set) var failed = 0
    /// Responses beyond the first of an id.
    package private(set) var doubled = 0
    package private(set) var inputTokens: Int64 = 0
    package private(set) var outputTokens: Int64 = 0
    /// US dollars.
    package private(set) var cost: Double = 0
    package private(set) var failures: [String: Int] = [:]
    private var milliseconds: [Float] = []

    package init(requests: Int) {
        self.requests = requests
    }

    package var answered: Int { succeeded + failed }
    package var missing: Int { requests - answered }

    mutating func count(_ view: ResponseView) {
        if view.isOK { succeeded += 1 } else { failed += 1 }
        if let code = view.errorCode { failures[code, default: 0] += 1 }
        inputTokens += view.inputTokens
        outputTokens += view.outputTokens
        cost += view.cost
        milliseconds.append(Float(view.totalMilliseconds))
    }

    /// Counts a success that takes the place of a failure.
    mutating func countRepair(_ view: ResponseView) {
        failed -= 1
        count(view)
    }

    mutating func countDouble() {
        doubled += 1
    }

    /// The milliseconds from intake to answer below which the given part of the requests stayed.
    ///
    /// - Parameter quantile: 0 to 1.
    package func latency(_ quantile: Double) -> Double {
        guard !milliseconds.isEmpty else { return 0 }
        let sorted = milliseconds.sorted()
        return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * quantile))])
    }
}
