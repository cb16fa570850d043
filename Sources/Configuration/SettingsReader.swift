/// Puts the sources together, each on top of those before it, and gathers what is wrong with them.
struct SettingsReader {
    let secrets: SecretReader
    private(set) var settings = Settings()
    var problems = Problems()

    init(environment: [String: String]) {
        secrets = SecretReader(environment: environment)
    }

    /// Sets the value of a key of the schema, if the key allows it.
    mutating func set(_ path: SettingPath, _ raw: RawValue, from origin: Origin) {
        let path = KafkaPropertyRule.home(of: path)
        guard let key = Schema.key(at: path) else { preconditionFailure("the schema has no key \(path)") }
        do {
            settings.set(Setting(path: path, value: try read(raw, key, path, origin), origin: origin))
        } catch {
            problems.add("\(path): \(error.reason)", at: origin)
        }
    }

    mutating func addMember(_ member: SettingPath, from origin: Origin) {
        settings.addMember(member, origin)
    }

    private func read(_ raw: RawValue, _ key: Key, _ path: SettingPath, _ origin: Origin) throws(Complaint) -> Value {
        switch key.kind {
        case .secret:
            return .secret(try secrets.read(scalar(raw), key: path, origin: origin))
        case .secrets:
            guard case .list(let references) = raw else {
                let references = try scalar(raw).split(separator: ",").map { String($0) }
                return .secrets(try secrets.read(references, key: path, origin: origin))
            }
            return .secrets(try secrets.read(references, key: path, origin: origin))
        case .textOrSecret:
            let text = try scalar(raw)
            if SecretReader.isReference(text) || LiteralRule.mustBeSecret(path, text) {
                return .secret(try secrets.read(text, key: path, origin: origin))
            }
            return .text(text)
        case .kafkaProperty:
            let text = try scalar(raw)
            guard KafkaPropertyRule.isSecret(path.last) else {
                try KafkaPropertyRule.check(path, text)
                return .text(text)
            }
            let secret = try secrets.read(text, key: path, origin: origin)
            try KafkaPropertyRule.check(path, (try? secret.reveal()) ?? "")
            return .secret(secret)
        default:
            do {
                return try key.kind.read(raw)
            } catch {
                throw Complaint("\(error.reason) (\(key.summary))")
            }
        }
    }

    private func scalar(_ raw: RawValue) throws(Complaint) -> String {
        guard case .scalar(let text) = raw else { throw Complaint("must be one value, not a list") }
        return text
    }
}
