internal import COpenSSL

/// A 256-bit key, in memory of its own that is wiped when nobody has the key any more.
package final class SecretKey: Sendable {
    package static let size = 32

    // Written by the initializer, then only read.
    private nonisolated(unsafe) let bytes: UnsafeMutableRawPointer

    /// Takes the key out of `source`, and wipes it there.
    ///
    /// - Parameter source: 32 bytes.
    package init(wiping source: inout [UInt8]) {
        precondition(source.count == Self.size, "a key has 32 bytes")
        bytes = .allocate(byteCount: Self.size, alignment: 16)
        source.withUnsafeMutableBytes { source in
            guard let start = source.baseAddress else { return }
            bytes.copyMemory(from: start, byteCount: Self.size)
            OPENSSL_cleanse(start, source.count)
        }
    }

    /// A new key, from OpenSSL's random numbers.
    package static func random() -> SecretKey {
        var bytes = RandomBytes.make(size)
        return SecretKey(wiping: &bytes)
    }

    deinit {
        OPENSSL_cleanse(bytes, Self.size)
        bytes.deallocate()
    }

    /// The key itself, not to be kept.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: bytes, count: Self.size))
    }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "a secret key" }
    package var debugDescription: String { description }
    /// Without children, so that `dump` shows nothing either.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
