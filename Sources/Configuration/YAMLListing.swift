/// Writes values as YAML, section by section.
struct YAMLListing {
    private(set) var text = ""
    private var section: [String] = []

    /// Adds a value. Values of one section must follow each other.
    mutating func add(_ path: SettingPath, _ value: Value, comment: String?) {
        let parents = Array(path.components.dropLast())
        let shared = zip(parents, section).prefix { $0 == $1 }.count
        for depth in shared..<parents.count { text += "\(Self.indent(depth))\(Self.scalar(parents[depth])):\n" }
        section = parents
        text += "\(Self.indent(parents.count))\(Self.scalar(path.last)): \(Self.value(value))"
        text += comment.map { "  # \($0)\n" } ?? "\n"
    }

    private static func indent(_ depth: Int) -> String {
        String(repeating: "  ", count: depth)
    }

    private static func value(_ value: Value) -> String {
        switch value {
        case .text(let text): scalar(text)
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .boolean(let value): "\(value)"
        case .list(let values): list(values)
        case .secret: scalar(Secret.mask)
        case .secrets(let secrets): list(secrets.map { _ in Secret.mask })
        }
    }

    private static func list(_ values: [String]) -> String {
        "[" + values.map(scalar).joined(separator: ", ") + "]"
    }

    /// A scalar that every reader takes for this text, in quotes where it must be.
    private static func scalar(_ text: String) -> String {
        let isPlain =
            text.utf8.allSatisfy(isPlainByte) && !text.hasSuffix(":") && text.first.map { $0.isLetter || $0.isNumber || $0 == "/" } ?? false
        if isPlain, !["null", "true", "false", "yes", "no", "on", "off"].contains(text.lowercased()) { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let hexadecimal = String(scalar.value, radix: 16)
                quoted += "\\x" + (hexadecimal.count < 2 ? "0" : "") + hexadecimal
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private static func isPlainByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "._-/:@+".utf8.contains(byte)
        }
    }
}
