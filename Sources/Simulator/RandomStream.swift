internal import Glibc

/// Numbers that a seed, a prompt and the ordinal of an attempt determine (SplitMix64).
struct RandomStream: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64, fingerprint: UInt64, ordinal: UInt64 = 0) {
        state = Self.mixed(Self.mixed(seed &+ Self.increment) ^ fingerprint) ^ Self.mixed(ordinal &+ Self.increment)
    }

    mutating func next() -> UInt64 {
        state &+= Self.increment
        return Self.mixed(state)
    }

    /// A number drawn evenly from `0 ..< 1`.
    mutating func unit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A number whose logarithm is normally distributed.
    mutating func logNormal(median: Double, sigma: Double) -> Double {
        let radius = (-2 * log(1 - unit())).squareRoot()
        return median * exp(sigma * radius * cos(2 * .pi * unit()))
    }

    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
