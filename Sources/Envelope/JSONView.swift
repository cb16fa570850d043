/// A value inside a JSON text that has been validated, read when it is asked for: nothing is copied, and nothing is kept.
///
/// Each look at a member reads the object from its beginning, which is cheap for the small objects of requests and answers. A member
/// that is null counts as missing.
package struct JSONView {
    /// The whole text.
    private let text: UnsafeRawBufferPointer
    private let value: JSONValue

    /// - Parameters:
    ///   - value: a value that a ``JSONScanner`` has read.
    ///   - text: the text that it read it from, which must outlive the view.
    package init(_ value: JSONValue, in text: UnsafeRawBufferPointer) {
        self.text = text
        self.value = value
    }

    /// The value at `range` of a validated text.
    package init(at range: ByteRange, in text: UnsafeRawBufferPointer) {
        var scanner = JSONScanner(text[range])
        let kind = (try? scanner.nextKind()) ?? .null
        // A string's escapes are looked for when it is read.
        self.init(JSONValue(kind: kind, hasEscapes: true, range: range), in: text)
    }

    /// The value that a text is.
    ///
    /// - Throws: ``JSONError`` if it is not valid JSON.
    package init(parsing text: UnsafeRawBufferPointer) throws(JSONError) {
        var scanner = JSONScanner(text)
        let value = try scanner.value()
        try scanner.end()
        self.init(value, in: text)
    }

    package var kind: JSONKind { value.kind }

    /// Where it stands in the text.
    package var range: ByteRange { value.range }

    /// The value as it stands in the text.
    package var json: UnsafeRawBufferPointer { text[value.range] }

    // MARK: Scalars

    /// The string, its escapes resolved; nil if it is none.
    package var string: String? { kind == .string ? JSONText.string(at: value.range, in: text) : nil }

    /// What stands between a string's quotes, escapes and all; nil if it is none.
    package var escaped: UnsafeRawBufferPointer? {
        kind == .string ? text[ByteRange(start: value.range.start + 1, end: value.range.end - 1)] : nil
    }

    /// True if it is a string without escapes that is `word`.
    package func isString(_ word: StaticString) -> Bool {
        kind == .string && text.equals(word, at: ByteRange(start: value.range.start + 1, end: value.range.end - 1))
    }

    /// Nil if it is no number, has a fraction or an exponent, or does not fit.
    package var integer: Int? { kind == .number ? JSONText.integer(at: value.range, in: text).map { Int($0) } : nil }

    /// Nil if it is no number.
    package var double: Double? { kind == .number ? JSONText.double(at: value.range, in: text) : nil }

    /// Nil if it is neither true nor false.
    package var boolean: Bool? { kind == .boolean ? JSONText.boolean(at: value.range, in: text) : nil }

    // MARK: Containers

    /// An object's member of that name, the first one if there are several; nil if it is null, missing, or this is no object.
    package subscript(_ name: StaticString) -> JSONView? {
        var found: JSONView?
        scanMembers { key, value in
            guard key.isNamed(name) else { return true }
            found = value
            return false
        }
        return found.flatMap { $0.kind == .null ? nil : $0 }
    }

    /// Calls `body` with each of an object's members in turn, nulls among them; with none if it is no object.
    package func forEachMember<Failure: Error>(_ body: (Key, JSONView) throws(Failure) -> Void) throws(Failure) {
        var failure: Failure?
        scanMembers { key, value in
            do throws(Failure) {
                try body(key, value)
                return true
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
    }

    /// Calls `body` with each of an array's elements in turn; with none if it is no array.
    package func forEachElement<Failure: Error>(_ body: (JSONView) throws(Failure) -> Void) throws(Failure) {
        guard kind == .array else { return }
        var scanner = JSONScanner(text, at: value.range.start)
        guard var more = try? scanner.openArray() else { return }
        while more {
            guard let element = try? scanner.value() else { return }
            try body(JSONView(element, in: text))
            more = (try? scanner.nextElement()) ?? false
        }
    }

    /// An array's first element; nil if there is none.
    package var first: JSONView? {
        guard kind == .array else { return nil }
        var scanner = JSONScanner(text, at: value.range.start)
        guard (try? scanner.openArray()) == true, let element = try? scanner.value() else { return nil }
        return JSONView(element, in: text)
    }

    /// True for an array or object with nothing in it, and for an empty string.
    package var isEmpty: Bool {
        switch kind {
        case .array, .object: !json.dropFirst().dropLast().contains { $0 > 0x20 }
        case .string: value.range.count == 2
        case .number, .boolean, .null: false
        }
    }

    private func scanMembers(_ body: (Key, JSONView) -> Bool) {
        guard kind == .object else { return }
        var scanner = JSONScanner(text, at: value.range.start)
        guard var more = try? scanner.openObject() else { return }
        while more {
            guard let key = try? scanner.key(), let value = try? scanner.value() else { return }
            guard body(Key(string: key, text: text), JSONView(value, in: text)) else { return }
            more = (try? scanner.nextMember()) ?? false
        }
    }

    /// The name of an object's member.
    package struct Key {
        fileprivate let string: JSONString
        fileprivate let text: UnsafeRawBufferPointer

        package func isNamed(_ name: StaticString) -> Bool { text.key(string, equals: name) }

        /// With its quotes, as it stands in the text.
        package var json: UnsafeRawBufferPointer { text[string.quoted] }

        package var name: String { JSONText.string(string, in: text) }
    }
}
