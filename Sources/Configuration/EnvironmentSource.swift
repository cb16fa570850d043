/// Reads values from the environment: `SWITCHYARD_` and the key's path in upper case, all else written `_`.
enum EnvironmentSource {
    static let prefix = "SWITCHYARD_"

    /// Variables of the program, not of its configuration.
    private static let reserved = ["CONFIG", "BASE_URL"]
    private static let reservedPrefixes = ["TEST_", "BIN", "BENCH"]

    static func read(_ environment: [String: String], into reader: inout SettingsReader) {
        for (variable, value) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix(prefix) {
            let name = String(variable.dropFirst(prefix.count))
            guard !isReserved(name), !ServiceLink.isOne(name) else { continue }
            if let (key, free) = FlatName.variable.find(name) {
                reader.set(path(key, free, reader.settings), .scalar(value), from: .environment(variable))
            } else if let problem = problem(name, reader.settings) {
                reader.problems.add(problem, at: .environment(variable))
            }
        }
    }

    private static func isReserved(_ name: String) -> Bool {
        reserved.contains(name) || reservedPrefixes.contains(where: name.hasPrefix)
    }

    /// The key's path, its free components those that exist already, or new ones in lower case.
    private static func path(_ key: Key, _ free: [String], _ settings: Settings) -> SettingPath {
        var free = free[...]
        var path = SettingPath([])
        for component in key.path.components {
            guard component == "*" else {
                path = path.appending(component)
                continue
            }
            let name = free.removeFirst()
            let known = settings.names(in: path).first { FlatName.variable.spelling($0) == name }
            path = path.appending(known ?? newName(name, in: path))
        }
        return path
    }

    private static func newName(_ name: String, in section: SettingPath) -> String {
        let name = name.lowercased()
        if section.components[0] == "kafka" {
            // librdkafka's only textual property with an underscore.
            return name == "log_level" ? name : String(name.map { $0 == "_" ? "." : $0 })
        }
        return section.last == "headers" ? String(name.map { $0 == "_" ? "-" : $0 }) : name
    }

    /// What is wrong with a variable that is no key's; nil if it may well be another program's.
    private static func problem(_ name: String, _ settings: Settings) -> String? {
        let names = Schema.keys.flatMap { key in
            freeNames(key, name, settings).map { FlatName.variable.name(of: key, free: $0) }
        }
        let question = NearestName.question(name, among: names, prefix: prefix)
        let isInSection = Schema.names(in: SettingPath([])).contains { name.hasPrefix(FlatName.variable.spelling($0) + "_") }
        return isInSection || !question.isEmpty ? "there is no key of this name" + question : nil
    }

    private static func freeNames(_ key: Key, _ name: String, _ settings: Settings) -> [String] {
        guard key.path.components.count > 2, key.path.components[1] == "*" else { return [""] }
        let words = name.split(separator: "_")
        return settings.names(in: SettingPath([key.path.components[0]])) + (words.count > 1 ? [String(words[1])] : [])
    }
}
