internal import EventLoop
internal import Foundation

/// How many requests may be in flight, learnt from how the providers answer. A value without I/O.
///
/// The limit rises while it is used: by half of its root each time that as many calls have ended (at first it doubles with each round).
/// It falls by a quarter when a provider says that it is overloaded, at most once in the time that a call takes. And it falls when calls
/// take longer than they usually do: after the gradient of Netflix's concurrency-limits (Gradient2Limit,
/// https://github.com/Netflix/concurrency-limits), but a little below what Little's law says is enough for the same throughput, so that
/// the next calls show whether it was the load.
///
/// The time that one LLM call takes says little. So a round of at least a hundred calls is compared, by its geometric mean, and if
/// calls take as long after the limit fell as they did before, it was not for the load: the limit is what it was, and what they take now
/// is what they usually take.
struct ConcurrencyLimit: Sendable {
    private struct Round {
        /// The limit when it began, which is about what there was when the calls began that end in it.
        let limit: Double
        /// How many calls make a round.
        let size: Int
        /// How much the limit rises with each.
        let rise: Double
        var count = 0
        var sum = 0.0
        var sumOfSquares = 0.0

        /// Notes the logarithm of what a call took.
        mutating func add(_ logarithm: Double) {
            count += 1
            sum += logarithm
            sumOfSquares += logarithm * logarithm
        }

        var mean: Double { sum / Double(count) }
        var variance: Double { max(0, sumOfSquares / Double(count) - mean * mean) }
    }

    /// The limit had to fall because calls took long.
    private struct Trial {
        let formerLimit: Double
        /// Milliseconds.
        let formerLatency: Double
    }

    private static let initialLimit = 16.0
    private static let fewestCalls = 100
    /// How much longer than usually calls may take.
    private static let tolerance = 1.5

    private let range: ClosedRange<Double>
    private var value: Double
    private var round: Round
    /// Whether nothing has made the limit fall yet.
    private var isStarting = true
    /// What calls usually take, in milliseconds: it falls with the last round, and rises slowly.
    private var usualLatency: Double?
    /// What those of the last round took.
    private var lastLatency = 0.0
    /// What the longest of them took, but for one in forty.
    private var longestLatency = 0.0
    /// That of their logarithms.
    private var variance = 0.0
    private var lastFall: MonotonicTime?
    private var trial: Trial?

    init(range: ClosedRange<Int>) {
        self.range = Double(range.lowerBound)...Double(range.upperBound)
        value = min(max(Self.initialLimit, self.range.lowerBound), self.range.upperBound)
        // What calls usually take has to be known first.
        round = Round(limit: value, size: Self.fewestCalls, rise: 0)
    }

    var limit: Int { Int(value) }

    /// Notes that a call has ended.
    ///
    /// - Parameters:
    ///   - latency: what it took, in milliseconds.
    ///   - overloaded: whether the provider said that it had too much to do, or did not answer in time.
    ///   - inFlight: how many calls there were, this one included.
    mutating func note(latency: Double, overloaded: Bool, inFlight: Int, now: MonotonicTime) {
        let sinceFall = lastFall.map { now.milliseconds(since: $0) } ?? .infinity
        if overloaded {
            // What began before the limit fell says nothing of the limit that there is now.
            guard sinceFall >= max(latency, lastLatency) else { return }
            trial = nil
            fall(to: value * 0.75, now: now)
            return
        }
        guard sinceFall >= lastLatency else { return }
        if inFlight * 2 >= limit { value = min(value + round.rise, range.upperBound) }
        // Of those that began since, the short ones end first.
        guard sinceFall >= max(latency, longestLatency) else { return }
        round.add(log(max(latency, 0.001)))
        if round.count == round.size { endRound(now: now) }
    }

    private mutating func endRound(now: MonotonicTime) {
        let latency = exp(round.mean)
        lastLatency = latency
        longestLatency = exp(round.mean + 2 * round.variance.squareRoot())
        variance = round.variance
        let usual = usualLatency ?? latency
        if let trial {
            self.trial = nil
            if latency > trial.formerLatency * (round.limit / trial.formerLimit).squareRoot() {
                value = max(value, trial.formerLimit)
                usualLatency = latency
                beginRound()
                return
            }
        }
        let enough = round.limit * max(0.5, 0.9 * usual / latency)
        if latency > Self.tolerance * usual, enough >= range.lowerBound {
            trial = Trial(formerLimit: round.limit, formerLatency: latency)
            fall(to: enough, now: now)
            return
        }
        usualLatency = usual * pow(latency / usual, latency < usual ? 0.3 : 0.01)
        beginRound()
    }

    private mutating func fall(to lower: Double, now: MonotonicTime) {
        value = max(lower, range.lowerBound)
        isStarting = false
        lastFall = now
        beginRound()
    }

    private mutating func beginRound() {
        // As many as it takes to know the mean to a tenth, and to have calls that began with this limit.
        let size = max(Self.fewestCalls, limit, Int(100 * min(variance, 10)))
        let rise = isStarting ? value / Double(size) : 0.5 / value.squareRoot()
        round = Round(limit: value, size: size, rise: trial == nil ? rise : 0)
    }
}
