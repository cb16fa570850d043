/// What is wrong with a configuration: one message a line, each with its place and what to do. Repeats no secret.
package struct ConfigurationError: Error, CustomStringConvertible, Sendable {
    package let messages: [String]

    init(_ messages: [String]) {
        self.messages = messages
    }

    package var description: String { messages.joined(separator: "\n") }
}

/// Why a value is not taken, without its place.
struct Complaint: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}

/// Gathers what is wrong, so that all of it is told at once.
struct Problems {
    private var messages: [String] = []

    mutating func add(_ message: String, at origin: Origin = .initial) {
        messages.append(origin.place.map { "\($0): \(message)" } ?? message)
    }

    mutating func add(_ error: ConfigurationError) {
        messages += error.messages
    }

    var error: ConfigurationError { ConfigurationError(messages) }

    func throwIfAny() throws(ConfigurationError) {
        if !messages.isEmpty { throw error }
    }
}
