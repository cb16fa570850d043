internal import CZstd

/// Compresses with zstd, and takes apart what it has compressed. To be used by one thread at a time.
package final class Compressor {
    private let compression: OpaquePointer
    private let decompression: OpaquePointer

    /// - Parameter level: zstd's, 1 (fast) to 19 (small).
    package init(level: Int) {
        guard let compression = ZSTD_createCCtx(), let decompression = ZSTD_createDCtx() else {
            preconditionFailure("there is no memory for zstd")
        }
        self.compression = compression
        self.decompression = decompression
        let result = ZSTD_CCtx_setParameter(compression, ZSTD_c_compressionLevel, Int32(level))
        precondition(ZSTD_isError(result) == 0, "zstd does not take the level \(level)")
    }

    deinit {
        ZSTD_freeCCtx(compression)
        ZSTD_freeDCtx(decompression)
    }

    /// - Returns: one zstd frame, which names the size of the bytes.
    package func compress(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        let most = ZSTD_compressBound(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: most) { output, used in
            used = ZSTD_compress2(compression, output.baseAddress, most, bytes.baseAddress, bytes.count)
            precondition(ZSTD_isError(used) == 0, "zstd could not compress")
        }
    }

    /// - Parameters:
    ///   - frame: one zstd frame that names the size of what is in it.
    ///   - limit: the most bytes to make of it.
    package func decompress(_ frame: [UInt8], limit: Int) throws(DecompressionError) -> [UInt8] {
        let size = ZSTD_getFrameContentSize(frame, frame.count)
        // The two largest numbers mean that no size is named, and that this is no frame.
        guard size < ZSTD_CONTENTSIZE_ERROR, ZSTD_findFrameCompressedSize(frame, frame.count) == frame.count else { throw .malformed }
        guard size <= limit else { throw .tooLarge(bytes: size) }
        var isWhole = false
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(size)) { output, used in
            isWhole = ZSTD_decompressDCtx(decompression, output.baseAddress, Int(size), frame, frame.count) == size
            used = isWhole ? Int(size) : 0
        }
        guard isWhole else { throw .malformed }
        return bytes
    }
}

package enum DecompressionError: Error, Equatable {
    /// It is not one whole zstd frame that names its size.
    case malformed
    /// There is more in it than asked for.
    case tooLarge(bytes: UInt64)
}
