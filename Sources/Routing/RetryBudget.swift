package import EventLoop
internal import Foundation

/// How many retries a provider is to bear: a share of the calls, so that retries do not multiply the load on a provider that fails, and
/// a few a second in any case, so that the first failures after a quiet time are tried again. A value without I/O.
///
/// After Finagle's RetryBudget (https://twitter.github.io/finagle/guide/Clients.html#retries), whose deposits expire after ten seconds.
/// Here they fade with that time constant, which needs no list of them.
package struct RetryBudget: Sendable {
    /// Seconds of saving that a balance can hold.
    private static let memory = 10.0

    private let ratio: Double
    private let perSecond: Double
    /// What calls have deposited.
    private var earned = 0.0
    /// What time has granted.
    private var granted: Double
    private var last: MonotonicTime?

    /// - Parameters:
    ///   - ratio: retries for each call.
    ///   - perSecond: retries a second that are allowed in any case.
    package init(ratio: Double, perSecond: Double) {
        self.ratio = ratio
        self.perSecond = perSecond
        granted = Self.mostGranted(perSecond)
    }

    /// Notes a call that is not a retry.
    package mutating func noteCall(now: MonotonicTime) {
        advance(to: now)
        earned += ratio
    }

    /// Takes a retry out of the budget.
    ///
    /// - Returns: false if there is none left.
    package mutating func take(now: MonotonicTime) -> Bool {
        advance(to: now)
        if earned >= 1 {
            earned -= 1
        } else if granted >= 1 {
            granted -= 1
        } else {
            return false
        }
        return true
    }

    private mutating func advance(to now: MonotonicTime) {
        let seconds = last.map { now.milliseconds(since: $0) / 1_000 } ?? 0
        last = max(last ?? now, now)
        guard seconds > 0 else { return }
        earned *= exp(-seconds / Self.memory)
        granted = min(Self.mostGranted(perSecond), granted + perSecond * seconds)
    }

    private static func mostGranted(_ perSecond: Double) -> Double {
        // Less than a whole retry would never be one.
        perSecond > 0 ? max(1, perSecond * memory) : 0
    }
}
