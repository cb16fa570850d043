internal import COpenSSL

/// Random bytes for keys and nonces, by OpenSSL.
enum RandomBytes {
    static func make(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBufferPointer { fill($0) }
        return bytes
    }

    static func fill(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
        precondition(RAND_bytes(bytes.baseAddress, Int32(bytes.count)) == 1, "OpenSSL has no random numbers")
    }
}
