/// What is said on a new connection before it serves commands.
struct Handshake {
    enum Outcome: Equatable {
        case goesOn
        case done
        case failed(RedisError)
    }

    private enum Step {
        case authenticate, role, select, setName
    }

    let commands: [[RedisArgument]]
    private let origin: String
    private var steps: [Step] = []

    init(_ configuration: RedisConfiguration) {
        origin = configuration.origin
        var commands: [[RedisArgument]] = []
        if let password = configuration.password {
            steps.append(.authenticate)
            commands.append(["AUTH"] + (configuration.user.map { [.string($0)] } ?? []) + [.string(password)])
        }
        if configuration.sentinels != nil {
            steps.append(.role)
            commands.append(["ROLE"])
        }
        if configuration.database != 0 {
            steps.append(.select)
            commands.append(["SELECT", .integer(configuration.database)])
        }
        steps.append(.setName)
        commands.append(["CLIENT", "SETNAME", .string(Self.acceptableName(configuration.clientName))])
        self.commands = commands
    }

    /// Takes the reply to the next of the commands.
    mutating func receive(_ reply: RedisValue) -> Outcome {
        guard !steps.isEmpty else { return .failed(RedisError(.protocolViolation, "\(origin) sent a reply to no command")) }
        let step = steps.removeFirst()
        switch reply {
        case .error(let text):
            if let failure = failure(of: step, text) { return .failed(failure) }
        case .array(let parts) where step == .role:
            guard parts.first?.string == "master" else {
                return .failed(RedisError(.unavailable, "\(origin) is not the primary yet, or no more; asking the sentinels again"))
            }
        case .status("OK"):
            break
        default:
            return .failed(RedisError(.protocolViolation, "what listens for \(origin) is not a Redis server; check redis.url"))
        }
        return steps.isEmpty ? .done : .goesOn
    }

    private func failure(of step: Step, _ text: String) -> RedisError? {
        let general = RedisError(reply: text, origin: origin)
        if general.code == .unavailable { return general }
        switch (step, general.code) {
        case (.authenticate, _) where text.contains("without any password"):
            return RedisError(.refused, "\(origin) has no password set for this user: remove redis.password, or set one there")
        case (.authenticate, _):
            return RedisError(.refused, "\(origin) refused the password: check redis.password, and the user name in redis.url")
        case (.role, .refused) where RedisError.kind(of: text) == "NOAUTH":
            return RedisError(.refused, "\(origin) asks for a password: set redis.password")
        case (.role, _):
            return general
        case (.select, .refused):
            return general
        case (.select, _):
            return RedisError(.refused, "\(origin) refused the database: \(text); check the number at the end of redis.url")
        case (.setName, _) where RedisError.kind(of: text) == "NOAUTH":
            return RedisError(.refused, "\(origin) asks for a password: set redis.password")
        case (.setName, _):
            // A name is a convenience, which some hosted servers do not allow.
            return nil
        }
    }

    /// Redis takes names of printable ASCII without spaces only.
    private static func acceptableName(_ name: String) -> String {
        String(decoding: name.utf8.map { (0x21...0x7e).contains($0) ? $0 : UInt8(ascii: "-") }, as: UTF8.self)
    }
}
