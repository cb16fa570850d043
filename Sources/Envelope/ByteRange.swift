/// A half-open range of bytes within one message: `start ..< end`.
///
/// It is half the size of `Range<Int>`; messages are therefore limited to 4 GiB.
package struct ByteRange: Hashable, Sendable {
    private let lower: UInt32
    private let upper: UInt32

    /// - Parameters:
    ///   - start: offset of the first byte.
    ///   - end: offset after the last byte.
    package init(start: Int, end: Int) {
        assert(0 <= start && start <= end && end <= Int(UInt32.max))
        lower = UInt32(truncatingIfNeeded: start)
        upper = UInt32(truncatingIfNeeded: end)
    }

    /// Offset of the first byte.
    package var start: Int { Int(lower) }

    /// Offset after the last byte.
    package var end: Int { Int(upper) }

    /// Number of bytes.
    package var count: Int { Int(upper &- lower) }

    package var isEmpty: Bool { lower == upper }
}

extension UnsafeRawBufferPointer {
    /// The part of this buffer at `range`, with offsets starting at zero again.
    package subscript(_ range: ByteRange) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[range.start..<range.end])
    }
}
