/// Finds the key behind a name that is written in one piece, as `worker.max_in_flight` or `WORKER_MAX_IN_FLIGHT`.
struct FlatName: Sendable {
    let separator: Character
    /// How a fixed component is written.
    let spelling: @Sendable (String) -> String

    static let override = FlatName(separator: ".") { $0 }

    static let variable = FlatName(separator: "_") { name in
        String(name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    /// The key that a name means, and what stands in it for the key's free components, as it is written.
    func find(_ name: String) -> (key: Key, free: [String])? {
        for key in Self.keysByDepth {
            if let free = match(key.path.components[...], name[...]) { return (key, free) }
        }
        return nil
    }

    /// A key's name, with `free` in the place of its free components.
    func name(of key: Key, free: String) -> String {
        key.path.components.map { $0 == "*" ? spelling(free) : spelling($0) }.joined(separator: String(separator))
    }

    /// A property of librdkafka has dots, so that of a subsection's must be looked for first.
    private static let keysByDepth = Schema.keys.sorted { $0.path.components.count > $1.path.components.count }

    private func match(_ pattern: ArraySlice<String>, _ text: Substring) -> [String]? {
        guard let first = pattern.first else { return text.isEmpty ? [] : nil }
        let rest = pattern.dropFirst()
        guard first == "*" else {
            let literal = spelling(first)
            guard text.hasPrefix(literal) else { return nil }
            let after = text.dropFirst(literal.count)
            if rest.isEmpty { return after.isEmpty ? [] : nil }
            return after.first == separator ? match(rest, after.dropFirst()) : nil
        }
        if rest.isEmpty { return text.isEmpty ? nil : [String(text)] }
        for index in text.indices where text[index] == separator && index > text.startIndex {
            if let free = match(rest, text[text.index(after: index)...]) { return [String(text[..<index])] + free }
        }
        return nil
    }
}
