import TestSupport

/// Makes JSON texts of every shape, valid and damaged.
enum RandomJSON {
    static func value(depth: Int, using generator: inout SeededGenerator) -> String {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 5), using: &generator) {
        case 0: return ["true", "false", "null"].randomElement(using: &generator) ?? "null"
        case 1, 2: return number(using: &generator)
        case 3, 4: return string(using: &generator)
        case 5, 6:
            let elements = (0..<Int.random(in: 0...4, using: &generator)).map { _ in value(depth: depth - 1, using: &generator) }
            return "[" + spaces(using: &generator) + elements.joined(separator: spaces(using: &generator) + ",") + "]"
        default:
            let members = (0..<Int.random(in: 0...4, using: &generator)).map { index in
                "\"k\(index)\"" + spaces(using: &generator) + ":" + spaces(using: &generator) + value(depth: depth - 1, using: &generator)
            }
            return "{" + members.joined(separator: "," + spaces(using: &generator)) + spaces(using: &generator) + "}"
        }
    }

    static func number(using generator: inout SeededGenerator) -> String {
        var text = Bool.random(using: &generator) ? "-" : ""
        text += String(UInt64.random(in: 0...(1 << UInt64.random(in: 1...62, using: &generator)), using: &generator))
        if Bool.random(using: &generator) { text += "." + String(UInt32.random(in: 0...UInt32.max, using: &generator)) }
        if Bool.random(using: &generator) {
            text += (["e", "E"].randomElement(using: &generator) ?? "e") + (["", "+", "-"].randomElement(using: &generator) ?? "")
            text += String(Int.random(in: 0...60, using: &generator))
        }
        return text
    }

    /// A JSON string with plain characters, escapes of all kinds and characters of one to four bytes.
    static func string(using generator: inout SeededGenerator) -> String {
        var content = ""
        for _ in 0..<Int.random(in: 0...30, using: &generator) {
            switch Int.random(in: 0..<12, using: &generator) {
            case 0: content += ["\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"].randomElement(using: &generator) ?? ""
            case 1: content += "\\u00e9"
            case 2: content += "\\uD83D\\uDE00"
            case 3: content += ["é", "漢", "😀", "\u{7FF}", "\u{FFFF}", "\u{10FFFF}"].randomElement(using: &generator) ?? ""
            default: content.unicodeScalars.append(Unicode.Scalar(UInt8.random(in: 0x23..<0x5B, using: &generator)))
            }
        }
        return "\"\(content)\""
    }

    /// Any text, control characters included.
    static func text(using generator: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...40, using: &generator) {
            let bound: UInt32 = [0x20, 0x80, 0x800, 0x11_0000].randomElement(using: &generator) ?? 0x80
            text.unicodeScalars.append(Unicode.Scalar(UInt32.random(in: 0..<bound, using: &generator)) ?? "x")
        }
        return text
    }

    /// Changes, removes, inserts or repeats a byte.
    static func damage(_ bytes: inout [UInt8], using generator: inout SeededGenerator) {
        guard let index = bytes.indices.randomElement(using: &generator) else { return }
        let telling = Array("{}[]\",:\\u0123456789-+.eE tfn\u{1F}\u{0}".utf8) + [0x80, 0xC3, 0xED, 0xFF]
        let byte = telling.randomElement(using: &generator) ?? 0
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[index] = byte
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(byte, at: index)
        default: bytes.insert(bytes[index], at: index)
        }
    }

    private static func spaces(using generator: inout SeededGenerator) -> String {
        ["", "", "", " ", "\n", "\t ", "\r\n"].randomElement(using: &generator) ?? ""
    }
}
