/// Text from messages on its way to a terminal, which must not take it for commands.
enum PrintableText {
    /// One line: the text if the bytes are some, with control characters escaped; else the bytes in hexadecimal.
    static func of(_ bytes: [UInt8]) -> String {
        String(validating: bytes, as: UTF8.self).map(of) ?? "0x" + bytes.map(hexadecimal).joined()
    }

    static func of(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            if isControl(scalar) { result += "\\u{\(String(scalar.value, radix: 16))}" } else { result.unicodeScalars.append(scalar) }
        }
    }

    /// The text as it is, if the bytes are some whose only control characters are tabs and line ends.
    static func lines(_ bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        return text.unicodeScalars.allSatisfy { !isControl($0) || $0 == "\t" || $0 == "\n" || $0 == "\r" } ? text : nil
    }

    static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
    }
}
