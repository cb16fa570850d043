/// A value in effect, and where it came from.
struct Setting: Sendable {
    let path: SettingPath
    var value: Value
    let origin: Origin
}

/// The values that were given, on top of the schema's defaults.
struct Settings: Sendable {
    private var given: [SettingPath: Setting] = [:]
    /// The members of collections, such as `providers.openai`, and where each was first named.
    private var members: [SettingPath: Origin] = [:]

    mutating func set(_ setting: Setting) {
        given[setting.path] = setting
        let member = SettingPath(Array(setting.path.components.prefix(2)))
        if member != setting.path, Schema.isCollection(member.parent) { addMember(member, setting.origin) }
    }

    mutating func addMember(_ member: SettingPath, _ origin: Origin) {
        if members[member] == nil { members[member] = origin }
    }

    /// The names that the user has chosen in a section, in order.
    func names(in section: SettingPath) -> [String] {
        let chosen = members.keys.filter { $0.parent == section }.map(\.last)
        let depth = section.components.count
        let keys = given.keys.filter { $0.components.count > depth && Array($0.components.prefix(depth)) == section.components }
        return Set(chosen + keys.map { $0.components[depth] }).sorted()
    }

    func setting(_ path: SettingPath) -> Setting? {
        if let setting = given[path] { return setting }
        return Schema.key(at: path)?.initial.map { Setting(path: path, value: $0, origin: .initial) }
    }

    /// Where a value or a member of a collection was written.
    func origin(of path: SettingPath) -> Origin {
        given[path]?.origin ?? members[path] ?? .initial
    }

    // MARK: In order

    /// Everything in effect, in the schema's order, the members of a collection one after the other.
    var inEffect: [Setting] {
        var places: [(rank: [Int], setting: Setting)] = []
        let sections = Schema.names(in: SettingPath([]))
        for (index, key) in Schema.keys.enumerated() {
            let section = sections.firstIndex(of: key.path.components[0]) ?? 0
            for path in paths(of: key) {
                guard Schema.keys.firstIndex(where: { $0.matches(path) }) == index, let setting = setting(path) else { continue }
                guard !isReplaced(setting) else { continue }
                places.append(([section, memberIndex(path), index, places.count], setting))
            }
        }
        return places.sorted { $0.rank.lexicographicallyPrecedes($1.rank) }.map(\.setting)
    }

    private func paths(of key: Key) -> [SettingPath] {
        var paths = [SettingPath([])]
        for component in key.path.components {
            paths = paths.flatMap { path in (component == "*" ? names(in: path) : [component]).map(path.appending) }
        }
        return paths
    }

    private func memberIndex(_ path: SettingPath) -> Int {
        let section = SettingPath([path.components[0]])
        guard path.components.count > 1, Schema.isCollection(section) else { return 0 }
        return names(in: section).firstIndex(of: path.components[1]) ?? 0
    }

    /// Whether it is a default for consumers, but the user has set the property for all clients.
    private func isReplaced(_ setting: Setting) -> Bool {
        guard setting.origin == .initial, setting.path.components.starts(with: ["kafka", "consumer"]) else { return false }
        return given[SettingPath(["kafka", setting.path.last])] != nil
    }
}

// MARK: Values of keys that have a default, or are known to be set

extension Settings {
    func text(_ path: SettingPath) -> String {
        guard case .text(let text) = setting(path)?.value else { return mismatch(path) }
        return text
    }

    func integer(_ path: SettingPath) -> Int {
        guard case .integer(let number) = setting(path)?.value else { return mismatch(path) }
        return number
    }

    func optionalInteger(_ path: SettingPath) -> Int? {
        guard case .integer(let number) = setting(path)?.value else { return nil }
        return number
    }

    func boolean(_ path: SettingPath) -> Bool {
        guard case .boolean(let value) = setting(path)?.value else { return mismatch(path) }
        return value
    }

    func list(_ path: SettingPath) -> [String] {
        guard case .list(let values) = setting(path)?.value else { return mismatch(path) }
        return values
    }

    func number(_ path: SettingPath) -> Double? {
        guard case .number(let number) = setting(path)?.value else { return nil }
        return number
    }

    func secret(_ path: SettingPath) -> Secret? {
        guard case .secret(let secret) = setting(path)?.value else { return nil }
        return secret
    }

    func secrets(_ path: SettingPath) -> [Secret] {
        guard case .secrets(let secrets) = setting(path)?.value else { return [] }
        return secrets
    }

    func textOrSecret(_ path: SettingPath) -> ConfiguredText {
        if let secret = secret(path) { return .secret(secret) }
        return .literal(text(path))
    }

    private func mismatch<Result>(_ path: SettingPath) -> Result {
        preconditionFailure("the schema has no such default: \(path)")
    }
}
