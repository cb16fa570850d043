import Testing

@testable import Simulator

@Suite struct SimulationPlanTests {
    @Test func theSameAttemptIsPlannedAlikeAndEveryOtherOneAnew() {
        var random = Seeds.stream()
        for _ in 0..<1000 {
            var options = SimulationOptions()
            options.seed = random.next()
            let (fingerprint, ordinal) = (random.next(), random.next() % 5)
            let plan = SimulationPlan(options, fingerprint: fingerprint, ordinal: ordinal)
            #expect(plan == SimulationPlan(options, fingerprint: fingerprint, ordinal: ordinal))
            #expect(plan.identifier != SimulationPlan(options, fingerprint: fingerprint, ordinal: ordinal + 1).identifier)
            #expect(plan.latency != SimulationPlan(options, fingerprint: fingerprint, ordinal: ordinal + 1).latency)
            #expect(plan.identifier != SimulationPlan(options, fingerprint: fingerprint &+ 1, ordinal: ordinal).identifier)
            options.seed &+= 1
            #expect(plan.identifier != SimulationPlan(options, fingerprint: fingerprint, ordinal: ordinal).identifier)
        }
    }

    @Test func aFaultChangesNothingElseThatIsDrawn() {
        var random = Seeds.stream()
        var faulty = SimulationOptions()
        faulty.faults.serverError = 1
        for _ in 0..<1000 {
            let fingerprint = random.next()
            let plan = SimulationPlan(SimulationOptions(), fingerprint: fingerprint, ordinal: 0)
            let failing = SimulationPlan(faulty, fingerprint: fingerprint, ordinal: 0)
            #expect(plan.fault == nil && failing.fault == .serverError)
            #expect(plan.latency == failing.latency && plan.outputTokens == failing.outputTokens)
        }
    }

    /// Each count lies within six standard deviations of its expectation.
    @Test func faultsComeAsOftenAsTheirRatesSay() {
        var random = Seeds.stream()
        var options = SimulationOptions()
        options.seed = random.next()
        options.faults.serverError = 0.1
        options.faults.rateLimited = 0.05
        options.faults.overloaded = 0.02
        options.faults.malformed = 0.3
        options.faults.disconnected = 0.01
        let total = 50_000
        var counts: [Fault: Int] = [:]
        for _ in 0..<total {
            if let fault = SimulationPlan(options, fingerprint: random.next(), ordinal: 0).fault { counts[fault, default: 0] += 1 }
        }
        for fault in Fault.allCases {
            let rate = options.faults[fault]
            let deviation = (Double(total) * rate * (1 - rate)).squareRoot()
            #expect(abs(Double(counts[fault] ?? 0) - Double(total) * rate) <= 6 * deviation, "\(fault): \(counts)")
        }
    }

    @Test func certainFaultsAlwaysCome() {
        var random = Seeds.stream()
        for fault in Fault.allCases {
            var options = SimulationOptions()
            options.faults[fault] = 1
            for _ in 0..<200 {
                let plan = SimulationPlan(options, fingerprint: random.next(), ordinal: 0)
                #expect(plan.fault == fault)
                #expect((plan.latency == .zero) == fault.isImmediate)
                #expect((100..<1000).contains(plan.retryAfterMilliseconds))
            }
        }
    }

    /// Half lie below the median; of the logarithms' deviation, the share below one sigma above it is 84.1 percent.
    @Test func latenciesAreLogNormal() {
        var random = Seeds.stream()
        var options = SimulationOptions()
        options.seed = random.next()
        let latencies = (0..<20_000).map { _ in SimulationPlan(options, fingerprint: random.next(), ordinal: 0).latency / .milliseconds(1) }
        #expect(abs(share(latencies) { $0 < 200 } - 0.5) < 0.03)
        #expect(abs(share(latencies) { $0 < 200 * 1.34986 } - 0.8413) < 0.02)
        #expect(abs(share(latencies) { $0 < 200 / 1.34986 } - 0.1587) < 0.02)
    }

    /// Each tenth of the range gets its share, within six standard deviations.
    @Test func latenciesOfARangeAreSpreadEvenly() {
        var random = Seeds.stream()
        var options = SimulationOptions()
        options.seed = random.next()
        options.latencyRange = 1...2001
        let total = 20_000
        let latencies = (0..<total).map { _ in SimulationPlan(options, fingerprint: random.next(), ordinal: 0).latency / .milliseconds(1) }
        #expect(latencies.allSatisfy { (1...2001).contains($0) })
        for tenth in 0..<10 {
            let count = latencies.count { Int(($0 - 1) / 200) == tenth }
            #expect(abs(Double(count) - Double(total) / 10) < 6 * (Double(total) * 0.1 * 0.9).squareRoot())
        }
    }

    @Test func aPromptsOwnLatencyReplacesOnlyTheOneThatIsDrawn() {
        var random = Seeds.stream()
        for _ in 0..<1000 {
            var options = SimulationOptions()
            options.faults.serverError = 0.3
            options.faults.rateLimited = 0.3
            let fingerprint = random.next()
            let drawn = SimulationPlan(options, fingerprint: fingerprint, ordinal: 0)
            let asked = SimulationPlan(options, fingerprint: fingerprint, ordinal: 0, requestedLatency: 7)
            #expect(asked.latency == (drawn.fault == .rateLimited ? .zero : .milliseconds(7)))
            #expect(asked.fault == drawn.fault && asked.identifier == drawn.identifier && asked.outputTokens == drawn.outputTokens)
        }
    }

    @Test func withoutSigmaEveryLatencyIsTheMedian() {
        var random = Seeds.stream()
        var options = SimulationOptions()
        options.latencySigma = 0
        for median in [0, 0.5, 200] {
            options.latencyMilliseconds = median
            #expect(SimulationPlan(options, fingerprint: random.next(), ordinal: 0).latency == .microseconds(Int(median * 1000)))
        }
    }

    @Test func outputKeepsToItsMedianAndItsLimit() {
        var random = Seeds.stream()
        var options = SimulationOptions()
        options.seed = random.next()
        var lengths: [Double] = []
        for _ in 0..<20_000 {
            let fingerprint = random.next()
            let plan = SimulationPlan(options, fingerprint: fingerprint, ordinal: 0)
            let limit = 1 + Int(random.next() % 120)
            let limited = SimulationPlan(options, fingerprint: fingerprint, ordinal: 0, outputLimit: limit)
            #expect(plan.outputTokens >= 1 && !plan.isCutByLimit)
            #expect(limited.outputTokens == min(limit, plan.outputTokens))
            #expect(limited.isCutByLimit == (limit < plan.outputTokens))
            lengths.append(Double(plan.outputTokens))
        }
        #expect(abs(share(lengths) { $0 < 60 } - 0.5) < 0.03)
    }

    @Test func aTokenIsMadeWhenItsTimeHasComeAndNotBefore() {
        var random = Seeds.stream()
        for _ in 0..<2000 {
            var options = SimulationOptions()
            options.tokensPerSecond = 0.1 + random.unit() * 100_000
            let plan = SimulationPlan(options, fingerprint: random.next(), ordinal: 0)
            #expect(plan.tokens(at: .zero) == 0)
            for count in 1...plan.outputTokens {
                let due = plan.time(toToken: count)
                #expect(plan.tokens(at: due) >= count)
                #expect(plan.tokens(at: due - .nanoseconds(Int64(1e9 / options.tokensPerSecond / 10))) < count)
            }
            #expect(plan.tokens(at: .seconds(10_000_000)) == plan.outputTokens)
        }
    }

    private func share(_ numbers: [Double], _ isCounted: (Double) -> Bool) -> Double {
        Double(numbers.count(where: isCounted)) / Double(numbers.count)
    }
}
