/// Integers as Java's tools write them into headers.
enum BigEndian {
    static func bytes<Integer: FixedWidthInteger>(_ integer: Integer) -> [UInt8] {
        withUnsafeBytes(of: integer.bigEndian) { Array($0) }
    }

    /// Reads them back; nil if there are more or fewer bytes than the type has.
    static func integer<Integer: FixedWidthInteger>(_ bytes: [UInt8], as type: Integer.Type) -> Integer? {
        guard bytes.count == Integer.bitWidth / 8 else { return nil }
        return bytes.reduce(0) { $0 << 8 | Integer($1) }
    }
}
