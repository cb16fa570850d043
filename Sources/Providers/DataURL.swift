import Envelope

/// A `data:` URL with base64 (RFC 2397), as it stands in a JSON string: its escapes are kept.
struct DataURL {
    /// In lower case and without parameters, such as `image/png`.
    let mediaType: String
    /// Base64, escaped.
    let data: UnsafeRawBufferPointer

    private static let scheme: StaticString = "data:"
    /// Longer headers than anybody writes.
    private static let longestHeader = 256

    /// Whether an escaped text begins like a `data:` URL.
    static func isOne(_ escaped: UnsafeRawBufferPointer) -> Bool {
        escaped.count >= scheme.utf8CodeUnitCount && escaped.equals(scheme, at: ByteRange(start: 0, end: scheme.utf8CodeUnitCount))
    }

    /// - Returns: nil if the text is no `data:` URL, or one that has no type or is not base64.
    init?(_ escaped: UnsafeRawBufferPointer) {
        guard Self.isOne(escaped) else { return nil }
        let header = escaped.dropFirst(Self.scheme.utf8CodeUnitCount).prefix(Self.longestHeader)
        guard let comma = header.firstIndex(of: UInt8(ascii: ",")) else { return nil }
        // The only escape that anybody writes here is that of a slash.
        let words = String(decoding: header[..<comma].filter { $0 != UInt8(ascii: "\\") }, as: UTF8.self).lowercased().split(separator: ";")
        guard words.count > 1, words.last == "base64", let type = words.first, type.contains("/") else { return nil }
        mediaType = String(type)
        data = UnsafeRawBufferPointer(rebasing: escaped[(comma + 1)...])
    }

    /// The text that the data is; nil if it is no base64, or not of UTF-8.
    var text: String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.count / 4 * 3)
        var bits: UInt32 = 0
        var width: UInt32 = 0
        for character in data where character != UInt8(ascii: "=") && character != UInt8(ascii: "\\") {
            guard let value = Self.value(ofDigit: character) else { return nil }
            bits = bits << 6 | value
            width += 6
            guard width >= 8 else { continue }
            width -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> width))
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func value(ofDigit character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
