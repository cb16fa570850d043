/// Where a value stands in the configuration, from the outermost section inwards. A component may have dots of its own.
struct SettingPath: Hashable, Sendable {
    let components: [String]

    init(_ components: [String]) {
        self.components = components
    }

    var last: String { components.last ?? "" }
    var parent: SettingPath { SettingPath(components.dropLast()) }

    func appending(_ component: String) -> SettingPath {
        SettingPath(components + [component])
    }
}

extension SettingPath: CustomStringConvertible {
    var description: String { components.joined(separator: ".") }
}

extension SettingPath: ExpressibleByStringLiteral {
    /// The components between the literal's dots.
    init(stringLiteral value: String) {
        self.init(value.split(separator: ".").map(String.init))
    }
}
