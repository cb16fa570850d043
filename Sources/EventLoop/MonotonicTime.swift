internal import CLinux

/// A point on the machine's monotonic clock, in nanoseconds since an arbitrary start.
package struct MonotonicTime: Comparable, Hashable, Sendable {
    package var nanoseconds: UInt64

    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    package static var now: MonotonicTime {
        var value = timespec()
        clock_gettime(CLOCK_MONOTONIC, &value)
        return MonotonicTime(nanoseconds: UInt64(value.tv_sec) &* 1_000_000_000 &+ UInt64(value.tv_nsec))
    }

    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    package static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        return MonotonicTime(nanoseconds: nanoseconds <= 0 ? time.nanoseconds : time.nanoseconds &+ UInt64(nanoseconds))
    }

    /// Milliseconds from `earlier` to this point; 0 if `earlier` is later.
    package func milliseconds(since earlier: MonotonicTime) -> Double {
        nanoseconds > earlier.nanoseconds ? Double(nanoseconds - earlier.nanoseconds) / 1_000_000 : 0
    }
}

/// The wall clock, for what leaves the process: timestamps and deadlines in messages.
package enum WallClock {
    /// Milliseconds since the Unix epoch.
    package static var milliseconds: Int64 {
        var value = timespec()
        clock_gettime(CLOCK_REALTIME, &value)
        return Int64(value.tv_sec) * 1000 + Int64(value.tv_nsec) / 1_000_000
    }
}
