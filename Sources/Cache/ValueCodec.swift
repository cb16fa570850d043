internal import Compression
package import Coordination
internal import Security

/// Makes of values what may lie in Redis, and reads it back: compressed where that makes them smaller, then sealed with the newest data
/// key. Confined to one loop.
package final class ValueCodec {
    /// The most bytes of a value, so that no stored one can take more memory when it is read.
    private static let largest = 64 << 20

    private let keys: DataKeys
    private let compressAbove: Int
    private let compressor: Compressor
    private let sealer = Sealer()

    /// - Parameters:
    ///   - compressAbove: the size in bytes above which values are compressed.
    ///   - level: zstd's, 1 to 19.
    package init(keys: DataKeys, compressAbove: Int, level: Int) {
        self.keys = keys
        self.compressAbove = compressAbove
        compressor = Compressor(level: level)
    }

    /// - Parameter binding: the key under which the value will be stored; it is read back under no other.
    /// - Returns: nil if there is no data key yet, or the value is too large.
    package func encode(_ value: UnsafeRawBufferPointer, binding: [UInt8]) -> [UInt8]? {
        guard value.count <= Self.largest, let key = keys.current.newest?.key else { return nil }
        if value.count > compressAbove {
            let compressed = compressor.compress(value)
            if compressed.count < value.count {
                return compressed.withUnsafeBytes { sealer.seal($0, flags: Self.compressedFlag, under: key, binding: binding) }
            }
        }
        return sealer.seal(value, under: key, binding: binding)
    }

    /// - Throws: `ValueError`. After one of an unknown key the keys are fetched again soon; `decodeWithFreshKeys` waits for that.
    package func decode(_ stored: [UInt8], binding: [UInt8]) throws(ValueError) -> [UInt8] {
        let (value, flags) = try open(stored, binding)
        switch flags {
        case 0: return value
        case Self.compressedFlag: return try decompress(value)
        default: throw .malformed
        }
    }

    /// Decodes what `decode` has found to be sealed with an unknown key, once the keys have been fetched again: another worker makes a key,
    /// and at once seals with it.
    package func decodeWithFreshKeys(
        _ stored: [UInt8], binding: [UInt8], isolation: isolated (any Actor)? = #isolation
    ) async throws(ValueError) -> [UInt8] {
        await keys.refresh()
        return try decode(stored, binding: binding)
    }

    private func open(_ stored: [UInt8], _ binding: [UInt8]) throws(ValueError) -> (value: [UInt8], flags: UInt8) {
        let ring = keys.current
        do {
            return try sealer.open(stored, binding: binding) { ring[$0]?.key.secret }
        } catch {
            switch error {
            case .unknownKey(let id):
                keys.requestRefresh()
                throw .unknownKey(id)
            case .tampered: throw .tampered
            case .malformed: throw .malformed
            }
        }
    }

    private func decompress(_ compressed: [UInt8]) throws(ValueError) -> [UInt8] {
        do {
            return try compressor.decompress(compressed, limit: Self.largest)
        } catch {
            throw .malformed
        }
    }

    private static let compressedFlag: UInt8 = 1
}

/// Why a stored value cannot be read. It counts as not there.
package enum ValueError: Error, Equatable {
    /// It was sealed with a data key that this worker does not know (yet).
    case unknownKey(UInt32)
    /// It is not what was stored under its key.
    case tampered
    /// It is no stored value, or of a later version.
    case malformed
}
