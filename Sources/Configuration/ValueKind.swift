internal import HTTP

/// What a key's value must be.
enum ValueKind: Sendable {
    case text
    case choice([String])
    case integer(ClosedRange<Int>)
    /// A number of bytes, with or without a unit.
    case bytes(ClosedRange<Int>)
    /// US dollars.
    case price
    case boolean
    case url
    case topic
    /// A topic's name, or nothing.
    case optionalTopic
    case topics
    case secret
    case secrets
    /// Text, or a reference to a secret.
    case textOrSecret
    case kafkaProperty
}

extension ValueKind {
    /// Reads a value that is neither a secret nor a property of librdkafka.
    ///
    /// - Throws: a complaint that goes on from the key's name.
    func read(_ raw: RawValue) throws(Complaint) -> Value {
        if case .topics = self { return .list(try Self.topics(raw)) }
        guard case .scalar(let text) = raw else { throw Complaint("must be one value, not a list") }
        switch self {
        case .choice(let choices):
            guard choices.contains(text) else {
                throw Complaint(
                    "must be one of \(choices.joined(separator: ", ")), not '\(text)'" + NearestName.question(text, among: choices))
            }
        case .integer(let range):
            guard let number = Int(text), range.contains(number) else {
                throw Complaint("must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
            }
            return .integer(number)
        case .bytes(let range):
            guard let size = ByteSize.parse(text), range.contains(size) else {
                throw Complaint("must be a size from \(range.lowerBound) to \(range.upperBound) bytes, such as 256MiB, not '\(text)'")
            }
            return .integer(size)
        case .price:
            guard let price = Double(text), price.isFinite, price >= 0 else {
                throw Complaint("must be a number of US dollars, 0 or more, not '\(text)'")
            }
            return .number(price)
        case .boolean:
            guard let value = Bool(text) else { throw Complaint("must be true or false, not '\(text)'") }
            return .boolean(value)
        case .url:
            try Self.checkURL(text)
        case .topic:
            try TopicName.check(text)
        case .optionalTopic:
            if !text.isEmpty { try TopicName.check(text) }
        case .text, .topics, .secret, .secrets, .textOrSecret, .kafkaProperty:
            break
        }
        return .text(text)
    }

    private static func topics(_ raw: RawValue) throws(Complaint) -> [String] {
        let names =
            switch raw {
            case .list(let names): names
            case .scalar(let text):
                text.split(separator: ",").map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
            }
        for name in names { try TopicName.check(name) }
        return names
    }

    private static func checkURL(_ url: String) throws(Complaint) {
        do {
            _ = try HTTPTarget(url)
        } catch {
            throw Complaint("cannot be used: \(error.description)")
        }
        guard !url.contains("#") else { throw Complaint("cannot be used: the URL has a #, but paths are appended to it") }
        guard !URLCredentials.areIn(url), !hasKey(inQueryOf: url) else {
            throw Complaint("must not hold a user or password; put them into api_key or headers, as env:NAME or file:PATH")
        }
    }

    /// Whether a parameter of the URL's query is named like a secret.
    private static func hasKey(inQueryOf url: String) -> Bool {
        guard let mark = url.firstIndex(of: "?") else { return false }
        return url[mark...].dropFirst().split(separator: "&").contains { parameter in
            let name = parameter.prefix { $0 != "=" }.lowercased()
            return name == "key" || ["apikey", "api_key", "api-key", "token", "secret", "password"].contains { name.contains($0) }
        }
    }
}
