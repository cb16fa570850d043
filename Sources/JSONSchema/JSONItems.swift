internal import Envelope

/// One value, or one member's name, of a JSON text.
struct JSONItem: Sendable {
    let kind: JSONKind

    /// True for a string that has at least one backslash escape.
    let hasEscapes: Bool

    /// Its bytes; a string's quotes and a container's brackets are included.
    var range: ByteRange

    /// How many elements or members it has.
    var count = 0

    /// Index of what follows it and all it contains.
    var next: Int
}

/// A JSON text, and where each of its values stands, in the order of the text; a member's name precedes its value.
struct JSONItems {
    let bytes: UnsafeRawBufferPointer
    private(set) var items: [JSONItem] = []

    /// Reads a text that is one value.
    ///
    /// - Parameter bytes: the text; it must outlive this and be shorter than 4 GiB.
    /// - Throws: ``JSONError`` if it is not valid JSON.
    init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        self.bytes = bytes
        items.reserveCapacity(16 + bytes.count / 32)
        var scanner = JSONScanner(bytes)
        try add(&scanner)
        try scanner.end()
    }

    /// A text that has been read before.
    init(_ bytes: UnsafeRawBufferPointer, items: [JSONItem]) {
        self.bytes = bytes
        self.items = items
    }

    private mutating func add(_ scanner: inout JSONScanner) throws(JSONError) {
        let kind = try scanner.nextKind()
        guard kind == .object || kind == .array else {
            let value = try scanner.value()
            items.append(JSONItem(kind: kind, hasEscapes: value.hasEscapes, range: value.range, next: items.count + 1))
            return
        }
        let start = scanner.position
        let index = items.count
        items.append(JSONItem(kind: kind, hasEscapes: false, range: ByteRange(start: start, end: start), next: 0))
        var count = 0
        var more = try kind == .object ? scanner.openObject() : scanner.openArray()
        while more {
            if kind == .object {
                let key = try scanner.key()
                items.append(JSONItem(kind: .string, hasEscapes: key.hasEscapes, range: key.quoted, next: items.count + 1))
            }
            try add(&scanner)
            count += 1
            more = try kind == .object ? scanner.nextMember() : scanner.nextElement()
        }
        items[index].range = ByteRange(start: start, end: scanner.position)
        items[index].count = count
        items[index].next = items.count
    }

    subscript(_ index: Int) -> JSONItem { items[index] }

    /// The values in an array or object, as indices; an object's names stand one before.
    func children(of index: Int) -> Children {
        Children(items: items, position: index + 1, end: items[index].next, step: items[index].kind == .object ? 1 : 0)
    }

    struct Children: Sequence, IteratorProtocol {
        fileprivate let items: [JSONItem]
        fileprivate var position: Int
        fileprivate let end: Int
        fileprivate let step: Int

        mutating func next() -> Int? {
            guard position < end else { return nil }
            let value = position + step
            position = items[value].next
            return value
        }
    }

    // MARK: Text

    /// The text of a value as it stands.
    func text(_ index: Int) -> UnsafeRawBufferPointer { bytes[items[index].range] }

    /// A string with its escapes resolved.
    func string(_ index: Int) -> String { JSONText.string(at: items[index].range, in: bytes) }

    /// Runs `body` on a string's UTF-8, its escapes resolved.
    func withUTF8<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let item = items[index]
        guard item.hasEscapes else { return body(bytes[ByteRange(start: item.range.start + 1, end: item.range.end - 1)]) }
        var string = string(index)
        return string.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    func number(_ index: Int) -> DecimalNumber { DecimalNumber(text(index)) }

    /// How many characters (Unicode scalars) a string has.
    func length(_ index: Int) -> Int {
        withUTF8(index) { utf8 in utf8.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 } }
    }

    // MARK: Places

    /// The place of a value as a JSON Pointer, its long names cut; for a member's name, the place of the member.
    func place(of target: Int) -> (pointer: String, isName: Bool) {
        var pointer = ""
        var container = 0
        while container != target {
            let isObject = items[container].kind == .object
            guard let (position, child) = children(of: container).enumerated().first(where: { target < items[$0.element].next }) else {
                break
            }
            pointer += isObject ? "/\(Self.escaped(string(child - 1).clipped))" : "/\(position)"
            if target < child { return (pointer, true) }
            container = child
        }
        return (pointer, false)
    }

    private static func escaped(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        var escaped = ""
        for character in name.unicodeScalars {
            switch character {
            case "~": escaped += "~0"
            case "/": escaped += "~1"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}

extension String {
    /// At most its first hundred characters.
    var clipped: String {
        utf8.count > 100 && count > 100 ? "\(prefix(100))…" : self
    }
}
