/// Who has a request's id, and how far it has come.
struct Claim: Equatable, Sendable {
    enum State: String, Sendable {
        case open
        case answered
        case failed
    }

    /// What tells the message from all others.
    var origin: String
    var state: State

    /// What a message that asks for the id is told.
    func outcome(for asking: String) -> ClaimOutcome {
        if origin == asking { return state == .open ? .granted : .done }
        return state == .failed ? .granted : .taken(by: origin)
    }
}

/// What a claim on an id has come to.
package enum ClaimOutcome: Equatable, Sendable {
    /// The request is to be worked on.
    case granted
    /// This very message has been answered before: it is delivered again, for its completion was not committed.
    case done
    /// Another message has the id.
    case taken(by: String)
}
