/// A JSON number as it is written, not rounded to a double: `significand` × 10^`exponent`.
///
/// Of more than 38 digits only the first ones count, and exponents end at ±1,000,000,000.
struct DecimalNumber: Hashable, Sendable {
    private(set) var isNegative = false

    /// Does not end in a zero, unless it is zero.
    private(set) var significand: UInt128 = 0
    private(set) var exponent = 0

    /// True if it has no fraction: also for 1.0 and 1e2.
    private(set) var isInteger = true

    private var digits = 0

    private static let exponentLimit = 1_000_000_000

    /// - Parameter text: a number that a scanner has found valid.
    init(_ text: UnsafeRawBufferPointer) {
        var kept = 0
        var zeros = 0
        var decimals = 0
        var isFraction = false
        var cursor = 0
        while cursor < text.count, text[cursor] | 0x20 != UInt8(ascii: "e") {
            let byte = text[cursor]
            cursor += 1
            guard byte >= UInt8(ascii: "0") else {
                if byte == UInt8(ascii: "-") { isNegative = true } else { isFraction = true }
                continue
            }
            if isFraction { decimals += 1 }
            guard byte != UInt8(ascii: "0") else {
                if digits > 0 { zeros += 1 }
                continue
            }
            digits += zeros + 1
            if digits <= 38 {
                for _ in 0...zeros { significand *= 10 }
                significand += UInt128(byte - UInt8(ascii: "0"))
                kept = digits
            }
            zeros = 0
        }
        guard digits > 0 else {
            isNegative = false
            return
        }
        let lowest = Self.exponent(text, at: cursor) + zeros - decimals
        isInteger = lowest >= 0
        exponent = lowest + digits - kept
        digits = kept
    }

    private static func exponent(_ text: UnsafeRawBufferPointer, at start: Int) -> Int {
        var value = 0
        for byte in text.dropFirst(start + 1) where byte >= UInt8(ascii: "0") {
            value = min(value * 10 + Int(byte - UInt8(ascii: "0")), exponentLimit)
        }
        return start + 1 < text.count && text[start + 1] == UInt8(ascii: "-") ? -value : value
    }

    var isPositive: Bool { !isNegative && significand > 0 }

    /// It as a count; `nil` if it is negative or has a fraction. What is larger than any count is the largest.
    var count: Int? {
        guard !isNegative, isInteger else { return nil }
        guard digits + exponent <= 18 else { return .max }
        var value = Int(significand)
        for _ in 0..<exponent { value *= 10 }
        return value
    }

    /// True if it is a whole number of times `divisor`, which is positive.
    func isMultiple(of divisor: DecimalNumber) -> Bool {
        guard significand > 0 else { return true }
        // As no significand ends in a zero, none is a multiple of ten times a divisor's.
        guard exponent >= divisor.exponent else { return false }
        let modulus = divisor.significand
        func product(_ first: UInt128, _ second: UInt128) -> UInt128 {
            modulus.dividingFullWidth(first.multipliedFullWidth(by: second)).remainder
        }
        var rest = significand % modulus
        var power = 10 % modulus
        var shift = exponent - divisor.exponent
        while shift > 0 {
            if shift & 1 == 1 { rest = product(rest, power) }
            power = product(power, power)
            shift >>= 1
        }
        return rest == 0
    }
}

extension DecimalNumber: Comparable {
    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        guard left.isNegative == right.isNegative else { return left.isNegative }
        return left.isNegative ? right.isSmallerInSize(than: left) : left.isSmallerInSize(than: right)
    }

    private func isSmallerInSize(than other: DecimalNumber) -> Bool {
        guard significand > 0, other.significand > 0 else { return significand == 0 && other.significand > 0 }
        guard digits + exponent == other.digits + other.exponent else { return digits + exponent < other.digits + other.exponent }
        let width = max(digits, other.digits)
        return widened(to: width) < other.widened(to: width)
    }

    private func widened(to width: Int) -> UInt128 {
        var value = significand
        for _ in digits..<width { value *= 10 }
        return value
    }
}
