internal import Foundation

/// Offsets of one partition that are done although an earlier one is not, as runs in ascending order.
///
/// They travel in the metadata of the partition's commit, so that whoever gets the partition next does not repeat them. The text is a
/// version and a form, then base64: `1r` for run lengths, each run as the distance to it and its length, in LEB128; `1b` for a bitmap
/// from the committed offset on, the lowest bit of a byte first. The shorter one is written.
package struct CompletedOffsets: Equatable, Sendable {
    /// Apart from each other by at least one offset.
    private(set) var runs: [ClosedRange<Int64>] = []

    package init() {}

    package var isEmpty: Bool { runs.isEmpty }

    /// How many offsets there are.
    package var count: Int { runs.reduce(0) { $0 + $1.count } }

    package func contains(_ offset: Int64) -> Bool {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].upperBound < offset { low = middle + 1 } else { high = middle }
        }
        return low < runs.count && runs[low].contains(offset)
    }

    /// Adds a run behind all others; one that touches the last is joined with it.
    mutating func append(_ run: ClosedRange<Int64>) {
        if let last = runs.last, run.lowerBound <= last.upperBound + 1 {
            runs[runs.count - 1] = last.lowerBound...max(last.upperBound, run.upperBound)
        } else {
            runs.append(run)
        }
    }
}

// MARK: Encoding

extension CompletedOffsets {
    private static let runLengthForm = "1r"
    private static let bitmapForm = "1b"

    package enum Encoding: Equatable, Sendable {
        /// There are no offsets.
        case none
        case text(String)
        /// It does not fit. This cannot be where the tracker had room for each offset that was delivered, within the same limit.
        case tooLong

        package var text: String? {
            if case .text(let text) = self { text } else { nil }
        }
    }

    /// - Parameters:
    ///   - base: the committed offset, below all of these.
    ///   - limit: the most characters that the text may have.
    package func encoded(from base: Int64, limit: Int) -> Encoding {
        guard let last = runs.last else { return .none }
        var form = Self.runLengthForm
        var bytes = runLengths(from: base)
        if (last.upperBound - base) / 8 + 1 < bytes.count {
            form = Self.bitmapForm
            bytes = bitmap(from: base, to: last.upperBound)
        }
        return bytes.count <= Self.bytes(within: limit) ? .text(form + Data(bytes).base64EncodedString()) : .tooLong
    }

    /// How many bytes a text of at most `limit` characters can carry.
    static func bytes(within limit: Int) -> Int {
        max(0, limit - 2) / 4 * 3
    }

    /// Reads what `encoded` has written.
    ///
    /// - Returns: nil if the text is anything else, as when another program has committed.
    package init?(decoding text: String, from base: Int64) {
        guard base >= 0, let data = Data(base64Encoded: String(text.dropFirst(2))) else { return nil }
        switch text.prefix(2) {
        case Self.runLengthForm: self.init(runLengths: Array(data), from: base)
        case Self.bitmapForm: self.init(bitmap: Array(data), from: base)
        default: return nil
        }
        if isEmpty { return nil }
    }

    private func runLengths(from base: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        var position = base
        for run in runs {
            Self.append(UInt64(run.lowerBound - position), to: &bytes)
            Self.append(UInt64(run.count), to: &bytes)
            position = run.upperBound + 1
        }
        return bytes
    }

    private init?(runLengths bytes: [UInt8], from base: Int64) {
        var rest = bytes[...]
        var position = base
        while !rest.isEmpty {
            guard let distance = Self.number(&rest), let length = Self.number(&rest), length > 0 else { return nil }
            let (lower, overflow) = position.addingReportingOverflow(distance)
            let (end, isTooFar) = lower.addingReportingOverflow(length)
            guard !overflow, !isTooFar else { return nil }
            append(lower...(end - 1))
            position = end
        }
    }

    private func bitmap(from base: Int64, to last: Int64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(last - base) / 8 + 1)
        for run in runs {
            var bit = Int(run.lowerBound - base)
            let end = Int(run.upperBound - base) + 1
            while bit < end {
                if bit % 8 == 0, bit + 8 <= end {
                    bytes[bit / 8] = 0xff
                    bit += 8
                } else {
                    bytes[bit / 8] |= 1 << (bit % 8)
                    bit += 1
                }
            }
        }
        return bytes
    }

    private init(bitmap bytes: [UInt8], from base: Int64) {
        for bit in 0..<bytes.count * 8 where bytes[bit / 8] & 1 << (bit % 8) != 0 {
            let offset = base + Int64(bit)
            append(offset...offset)
        }
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var number = number
        while number >= 0x80 {
            bytes.append(UInt8(number & 0x7f) | 0x80)
            number >>= 7
        }
        bytes.append(UInt8(number))
    }

    /// Takes a number off the front; nil if there is none that fits in 63 bits.
    private static func number(_ bytes: inout ArraySlice<UInt8>) -> Int64? {
        var number: UInt64 = 0
        for shift in stride(from: 0, to: 63, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            number |= UInt64(byte & 0x7f) << UInt64(shift)
            if byte & 0x80 == 0 { return Int64(exactly: number) }
        }
        return nil
    }
}
