import TestSupport
import Testing

@testable import JSONSchema

@Suite struct DecimalNumberTests {
    private func number(_ text: String) -> DecimalNumber { withBytes(Array(text.utf8)) { DecimalNumber($0) } }

    @Test func comparesAsIntegersOfTheSameScaleDo() {
        var generator = SeededGenerator.forTest("comparesAsIntegersOfTheSameScaleDo")
        for _ in 0..<5000 {
            let (first, second) = (random(&generator), random(&generator))
            let (left, right) = (number(first.text), number(second.text))
            #expect((left < right) == (first.scaled < second.scaled), "\(first) \(second)")
            #expect((left == right) == (first.scaled == second.scaled), "\(first) \(second)")
            #expect(left.isInteger == (first.scaled % scale == 0), "\(first)")
            if second.scaled > 0 { #expect(left.isMultiple(of: right) == (first.scaled % second.scaled == 0), "\(first) \(second)") }
        }
    }

    private let scale: Int128 = 1_000_000

    /// A number as text, and times a million.
    private func random(_ generator: inout SeededGenerator) -> (text: String, scaled: Int128) {
        let digits = Int128(Int.random(in: -2000...2000, using: &generator))
        let exponent = Int.random(in: -3...3, using: &generator)
        var scaled = digits * 1000
        for _ in -3..<exponent { scaled *= 10 }
        let zeros = ["", "0", ".0", ".00"].randomElement(using: &generator) ?? ""
        guard zeros == "0" else { return ("\(digits)\(zeros)e\(exponent)", scaled) }
        return ("\(digits)0E\(exponent - 1)", scaled)
    }

    @Test func readsLargeAndSmallNumbers() {
        #expect(number("123456789012345678901234567890") < number("123456789012345678901234567891"))
        #expect(number("1e999999999999") > number("9e999999999"))
        #expect(number("-0") == number("0.000"))
        #expect(number("1e400").isInteger && !number("1e-400").isInteger)
        #expect(number("1e308").isMultiple(of: number("0.123456789")) == false)
        #expect(number("1e300").isMultiple(of: number("1024")))
        #expect(number("12e1").count == 120 && number("1e30").count == .max && number("-1").count == nil && number("0.5").count == nil)
    }
}
