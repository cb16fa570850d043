/// One key of the configuration: all that parsing, suggestions, the environment's names and the listing know of it.
struct Key: Sendable {
    /// Where it stands; `*` is a name that the user chooses.
    let path: SettingPath
    let kind: ValueKind
    /// The default; nil for none.
    let initial: Value?
    let summary: String

    init(_ path: SettingPath, _ kind: ValueKind, _ initial: Value? = nil, _ summary: String) {
        self.path = path
        self.kind = kind
        self.initial = initial
        self.summary = summary
    }

    func matches(_ path: SettingPath) -> Bool {
        path.components.count == self.path.components.count && Self.begins(self.path, with: path)
    }

    /// Whether the key lies somewhere below `section`.
    func isBelow(_ section: SettingPath) -> Bool {
        section.components.count < path.components.count && Self.begins(path, with: section)
    }

    private static func begins(_ pattern: SettingPath, with path: SettingPath) -> Bool {
        zip(pattern.components, path.components).allSatisfy { $0 == "*" || $0 == $1 }
    }
}
