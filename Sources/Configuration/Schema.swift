/// All keys, in the order of a listing.
enum Schema {
    static let keys: [Key] =
        kafkaKeys + topicKeys + workerKeys + httpKeys + redisKeys + retryKeys + batchKeys + limitKeys + cacheKeys + encryptionKeys
        + providerKeys + providerLimitKeys + modelKeys + modelLimitKeys + tenantKeys + [
            Key("default_provider", .text, "", "the provider of models that are no alias and name none")
        ]

    /// The key of a concrete path; one with a fixed name goes before one for any name.
    static func key(at path: SettingPath) -> Key? {
        keys.first { $0.matches(path) }
    }

    static func isSection(_ path: SettingPath) -> Bool {
        keys.contains { $0.isBelow(path) }
    }

    /// Whether the names in a section are the user's to choose, and stand for sections themselves.
    static func isCollection(_ section: SettingPath) -> Bool {
        isSection(section.appending("*")) && !section.components.isEmpty
    }

    /// The fixed names in a section.
    static func names(in section: SettingPath) -> [String] {
        let depth = section.components.count
        var names: [String] = []
        for key in keys where key.isBelow(section) {
            let name = key.path.components[depth]
            if name != "*", !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// A question for a name that a section does not have: a near one in it, or the same one elsewhere.
    static func question(_ name: String, in section: SettingPath) -> String {
        let prefix = section.components.isEmpty ? "" : "\(section)."
        let near = NearestName.question(name, among: names(in: section), prefix: prefix)
        if !near.isEmpty { return near }
        return keys.first { $0.path.last == name }.map { "; did you mean \($0.path)?" } ?? ""
    }
}
