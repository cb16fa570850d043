internal import Envelope

extension SchemaCompiler {
    /// The node that a `$ref` leads to; `nil` if it is outside of this document.
    ///
    /// - Throws: ``SchemaError`` if it leads to nothing within the document.
    mutating func target(of item: Int) throws(SchemaError) -> Int? {
        let reference = source.string(item)
        guard let fragment = Self.unescaped(fragment(of: reference)) else { return nil }
        if fragment.isEmpty { return try compile(0) }
        guard fragment.hasPrefix("/") else {
            guard let anchor = anchors[fragment] else { throw fault(item, "there is no $anchor \"\(fragment.clipped)\"") }
            return try compile(anchor)
        }
        var place = 0
        var isForeign = false
        for step in fragment.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let next = try child(of: place, Self.name(step), reference: item) else {
                throw fault(item, "there is nothing at \"\(reference.clipped)\"")
            }
            place = next
            if source[place].kind == .object, Keywords(of: place, in: source)[.id] != nil { isForeign = true }
        }
        return try compile(place, isForeign: isForeign)
    }

    /// What follows the number sign, if the reference is into this document.
    private func fragment(of reference: String) -> Substring? {
        if reference.isEmpty { return "" }
        guard let sign = reference.utf8.firstIndex(of: UInt8(ascii: "#")) else { return isOwn(reference[...]) ? "" : nil }
        guard sign == reference.startIndex || isOwn(reference[..<sign]) else { return nil }
        return reference[reference.index(after: sign)...]
    }

    private func isOwn(_ document: Substring) -> Bool {
        guard source[0].kind == .object, let id = Keywords(of: 0, in: source)[.id], source[id].kind == .string else { return false }
        let own = source.string(id)
        return document == (own.hasSuffix("#") ? own.dropLast() : own[...])
    }

    /// The child of a container under one step of a pointer.
    private mutating func child(of place: Int, _ name: String, reference: Int) throws(SchemaError) -> Int? {
        let kind = source[place].kind
        guard kind == .object || kind == .array else { return nil }
        var position = 0
        for child in source.children(of: place) {
            steps -= 1
            guard steps >= 0 else { throw fault(reference, "the schema has too many references into large objects") }
            if kind == .object ? source.string(child - 1).utf8.elementsEqual(name.utf8) : String(position) == name { return child }
            position += 1
        }
        return nil
    }

    /// Resolves a pointer's `~0` and `~1`.
    private static func name(_ step: Substring) -> String {
        guard step.utf8.contains(UInt8(ascii: "~")) else { return String(step) }
        var name: [UInt8] = []
        var isEscape = false
        for byte in step.utf8 {
            if isEscape {
                name.append(byte == UInt8(ascii: "1") ? UInt8(ascii: "/") : UInt8(ascii: "~"))
                isEscape = false
            } else if byte == UInt8(ascii: "~") {
                isEscape = true
            } else {
                name.append(byte)
            }
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// Resolves the percent escapes of a URI.
    private static func unescaped(_ fragment: Substring?) -> String? {
        guard let fragment else { return nil }
        guard fragment.utf8.contains(UInt8(ascii: "%")) else { return String(fragment) }
        var bytes: [UInt8] = []
        var rest = Array(fragment.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                bytes.append(byte)
                continue
            }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
