/// Reads values from flags, `a.b.c=value`.
enum OverrideSource {
    static func read(_ overrides: [String], into reader: inout SettingsReader) {
        for override in overrides {
            guard let equals = override.firstIndex(of: "=") else {
                reader.problems.add("--set \(override): there is no value; write --set KEY=VALUE")
                continue
            }
            let name = String(override[..<equals])
            let value = String(override[override.index(after: equals)...])
            guard let (key, free) = FlatName.override.find(name) else {
                reader.problems.add("--set \(name): there is no such key" + question(name))
                continue
            }
            var rest = free[...]
            let path = SettingPath(key.path.components.map { $0 == "*" ? rest.removeFirst() : $0 })
            reader.set(path, .scalar(value), from: .override(name))
        }
    }

    private static func question(_ name: String) -> String {
        // A name that the user chose stands for itself in the keys it is compared with.
        let components = name.split(separator: ".")
        let free = components.count > 1 ? String(components[1]) : "NAME"
        return NearestName.question(name, among: Schema.keys.map { FlatName.override.name(of: $0, free: free) })
    }
}
