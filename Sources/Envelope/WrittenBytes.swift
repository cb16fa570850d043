internal import Glibc

/// What a ``ByteWriter`` has written, freed with this object.
///
/// `@unchecked Sendable` because nobody but its maker writes to the memory, before others have it.
package final class WrittenBytes: @unchecked Sendable {
    package let bytes: UnsafeRawBufferPointer

    package init(_ writer: consuming ByteWriter) {
        let (pointer, count) = writer.take()
        bytes = UnsafeRawBufferPointer(start: pointer, count: count)
    }

    deinit {
        free(UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
}
