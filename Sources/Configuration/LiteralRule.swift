/// Which values may be written out where a reference to a secret could stand as well.
enum LiteralRule {
    private static let secretWords = ["authorization", "api-key", "apikey", "token", "secret", "password", "cookie"]

    /// Whether the value is a secret by what the name of its header says or, for a URL, by what it holds.
    static func mustBeSecret(_ path: SettingPath, _ text: String) -> Bool {
        if path.components[0] != "providers" { return URLCredentials.havePassword(text) }
        let name = path.last.lowercased()
        return secretWords.contains { name.contains($0) }
    }
}
