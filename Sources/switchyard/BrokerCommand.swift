import Kafka

/// What `switchyard broker` is told to do while it runs.
enum BrokerCommand: Equatable {
    case leader(topic: String, partition: Int32, broker: Int32)
    case down(Int32)
    case up(Int32)
    case roundTrip(broker: Int32, milliseconds: Int)
    case coordinator(group: String, broker: Int32)
    case fail(EmbeddedBroker.Request, EmbeddedBroker.Fault, count: Int)

    /// How each is written.
    static let forms = [
        "leader TOPIC PARTITION BROKER", "down BROKER", "up BROKER", "round-trip BROKER MS", "coordinator GROUP BROKER",
        "fail REQUEST ERROR COUNT",
    ]

    /// Reads one line.
    ///
    /// - Throws: `Problem` that says what is possible instead.
    init(_ line: String) throws(Problem) {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        let form = Self.forms.first { $0.prefix { $0 != " " } == words.first ?? "" }
        guard let form else { throw Problem("'\(line)' is no command: it is one of \(Self.forms.joined(separator: ", "))") }
        guard words.count == form.split(separator: " ").count else { throw Problem("'\(line)' must have the form \(form)") }
        switch words[0] {
        case "leader":
            self = .leader(topic: words[1], partition: try Self.number(words[2], "PARTITION"), broker: try Self.number(words[3], "BROKER"))
        case "down": self = .down(try Self.number(words[1], "BROKER"))
        case "up": self = .up(try Self.number(words[1], "BROKER"))
        case "round-trip":
            self = .roundTrip(broker: try Self.number(words[1], "BROKER"), milliseconds: Int(try Self.number(words[2], "MS")))
        case "coordinator": self = .coordinator(group: words[1], broker: try Self.number(words[2], "BROKER"))
        default:
            self = .fail(
                try Self.named(words[1], "REQUEST"), try Self.named(words[2], "ERROR"), count: Int(try Self.number(words[3], "COUNT")))
        }
    }

    private static func number(_ word: String, _ name: String) throws(Problem) -> Int32 {
        guard let number = Int32(word), number >= 0 else { throw Problem("\(name) must be a number from 0 on, not '\(word)'") }
        return number
    }

    private static func named<Value: RawRepresentable<String> & CaseIterable>(_ word: String, _ name: String) throws(Problem) -> Value {
        guard let value = Value(rawValue: word) else {
            throw Problem("there is no \(name) '\(word)': it is one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return value
    }

    /// - Throws: `KafkaError` if there is no such broker or partition.
    func run(on broker: EmbeddedBroker) throws(KafkaError) {
        switch self {
        case .leader(let topic, let partition, let number): try broker.moveLeader(topic: topic, partition: partition, to: number)
        case .down(let number): try broker.setDown(number)
        case .up(let number): try broker.setUp(number)
        case .roundTrip(let number, let milliseconds): try broker.setRoundTrip(number, .milliseconds(milliseconds))
        case .coordinator(let group, let number): try broker.moveCoordinator(group: group, to: number)
        case .fail(let request, let fault, let count): broker.inject(fault, into: request, count: count)
        }
    }

    struct Problem: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) {
            self.description = description
        }
    }
}
