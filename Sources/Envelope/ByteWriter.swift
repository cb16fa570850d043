import Glibc

/// A growing buffer of bytes in memory from `malloc`, with one owner.
///
/// ``take()`` hands the memory over to someone who calls `free` on it, such as librdkafka with `RD_KAFKA_MSG_F_FREE`;
/// memory that is not taken is freed with the writer.
package struct ByteWriter: ~Copyable {
    private var storage: UnsafeMutableRawPointer?
    private var capacity: Int

    /// Number of bytes written.
    package private(set) var count = 0

    /// - Parameter capacity: bytes to make room for at the first write.
    package init(capacity: Int = 1024) {
        self.capacity = max(capacity, 16)
    }

    deinit {
        free(storage)
    }

    /// What has been written; valid until the next write.
    package var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: storage, count: count)
    }

    /// Hands over the memory. The caller must `free` the pointer; the writer is empty afterwards.
    package mutating func take() -> (pointer: UnsafeMutableRawPointer, count: Int) {
        let taken = (pointer: storage ?? reserve(1), count: count)
        storage = nil
        count = 0
        return taken
    }

    /// Forgets what has been written and keeps the memory.
    package mutating func removeAll() {
        count = 0
    }

    // MARK: Writing

    /// Appends one byte.
    package mutating func append(_ byte: UInt8) {
        reserve(1).storeBytes(of: byte, as: UInt8.self)
        count &+= 1
    }

    /// Appends bytes as they are.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        append(source, count: bytes.count)
    }

    /// Appends a literal.
    package mutating func append(_ literal: StaticString) {
        append(literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    /// Appends a string's UTF-8 as it is, without quotes or escapes.
    package mutating func append(text string: String) {
        var string = string
        string.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends a decimal integer.
    package mutating func append(_ integer: Int64) {
        if integer < 0 { append(UInt8(ascii: "-")) }
        append(unsigned: integer.magnitude)
    }

    /// Appends a decimal integer.
    package mutating func append(_ integer: Int) {
        append(Int64(integer))
    }

    /// Appends the decimal digits of an unsigned integer, with zeros in front up to `width` digits.
    package mutating func append(unsigned integer: UInt64, width: Int = 1) {
        var length = 1
        var bound = integer / 10
        while bound > 0 {
            length &+= 1
            bound /= 10
        }
        length = max(length, width)
        let start = reserve(length)
        var rest = integer
        var index = length
        while index > 0 {
            index &-= 1
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
            start.storeBytes(of: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: remainder), toByteOffset: index, as: UInt8.self)
            rest = quotient
        }
        count &+= length
    }

    // MARK: Memory

    private mutating func append(_ source: UnsafeRawPointer, count length: Int) {
        memcpy(reserve(length), source, length)
        count &+= length
    }

    /// Makes room for `length` more bytes and returns the place of the first.
    private mutating func reserve(_ length: Int) -> UnsafeMutableRawPointer {
        if let storage, count &+ length <= capacity { return storage + count }
        return grow(toFit: count + length)
    }

    @inline(never)
    private mutating func grow(toFit needed: Int) -> UnsafeMutableRawPointer {
        let wanted = storage == nil ? max(capacity, needed) : max(capacity * 2, needed)
        guard let grown = realloc(storage, wanted) else { preconditionFailure("out of memory for \(wanted) bytes") }
        storage = grown
        capacity = wanted
        return grown + count
    }
}
