internal import Glibc

/// What a prompt says about its own latency: one with `[latency 60000]` in its text is answered after 60,000 milliseconds.
enum RequestedLatency {
    /// The time that a text asks for first, in milliseconds; nil if it asks for none, or for more than an hour.
    static func milliseconds(in text: UnsafeRawBufferPointer) -> Int? {
        var rest = text[...]
        while let bracket = index(of: UInt8(ascii: "["), in: rest) {
            rest = rest[(bracket + 1)...]
            guard rest.starts(with: word) else { continue }
            let digits = rest.dropFirst(word.count).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard digits.endIndex < text.endIndex, text[digits.endIndex] == UInt8(ascii: "]") else { continue }
            guard let milliseconds = Int(String(decoding: digits, as: UTF8.self)), milliseconds <= longest else { continue }
            return milliseconds
        }
        return nil
    }

    private static func index(of byte: UInt8, in bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
        let rest = UnsafeRawBufferPointer(rebasing: bytes)
        guard let base = rest.baseAddress, let found = memchr(base, Int32(byte), rest.count) else { return nil }
        return bytes.startIndex + (UnsafeRawPointer(found) - base)
    }

    private static let word = Array("latency ".utf8)
    private static let longest = 3_600_000
}
