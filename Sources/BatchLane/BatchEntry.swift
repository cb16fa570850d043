internal import Envelope

/// How far a request has come in the lane, as Redis keeps it: a letter, and what belongs to it.
enum BatchEntry: Equatable {
    /// Waits in a queue for a batch.
    case pending(queue: String)
    /// Is in a batch, which may not be with the provider yet.
    case inBatch(String)
    /// Has an answer, or an error, as a single call would have got it, after so many milliseconds.
    case result(status: Int, milliseconds: Int64, body: [UInt8])
    /// Its batch is over, and has nothing for it.
    case without(Reason)
    /// Goes the ordinary way, since that time.
    case ordinary(since: Int64)

    enum Reason: String {
        case expired
        case cancelled
        /// The provider had no room for the batch.
        case busy
        /// The provider has not said what became of it, or something that nobody understands.
        case failed
        /// The provider takes no such batch, and would take no other.
        case refused

        /// What the response says of it; nil if it is no attempt of the provider's.
        var code: ErrorCode? {
            switch self {
            case .expired: .timeout
            case .failed: .serverError
            case .cancelled, .busy, .refused: nil
            }
        }
    }

    var letter: String {
        switch self {
        case .pending: "p"
        case .inBatch: "b"
        case .result: "r"
        case .without: "n"
        case .ordinary: "o"
        }
    }

    var stored: [UInt8] {
        switch self {
        case .pending(let queue): Array("p\(queue)".utf8)
        case .inBatch(let batch): Array("b\(batch)".utf8)
        case .result(let status, let milliseconds, let body): Array("r\(status) \(milliseconds)\n".utf8) + body
        case .without(let reason): Array("n\(reason.rawValue)".utf8)
        case .ordinary(let since): Array("o\(since)".utf8)
        }
    }

    /// Reads it back.
    ///
    /// - Returns: nil if it is none.
    init?(stored: [UInt8]) {
        guard let letter = stored.first else { return nil }
        func text(to end: Int) -> String { String(decoding: stored[1..<end], as: UTF8.self) }
        switch letter {
        case UInt8(ascii: "p"): self = .pending(queue: text(to: stored.count))
        case UInt8(ascii: "b"): self = .inBatch(text(to: stored.count))
        case UInt8(ascii: "n"):
            guard let reason = Reason(rawValue: text(to: stored.count)) else { return nil }
            self = .without(reason)
        case UInt8(ascii: "o"):
            guard let since = Int64(text(to: stored.count)) else { return nil }
            self = .ordinary(since: since)
        case UInt8(ascii: "r"):
            guard let end = stored.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let head = text(to: end).split(separator: " ")
            guard head.count == 2, let status = Int(head[0]), let milliseconds = Int64(head[1]) else { return nil }
            self = .result(status: status, milliseconds: milliseconds, body: Array(stored[(end + 1)...]))
        default: return nil
        }
    }
}

extension BatchEntry? {
    /// What a visit has to do.
    enum Step: Equatable {
        case enter
        case wait
        case answer(status: Int, milliseconds: Int64, body: [UInt8])
        /// To have a batch cancelled, and wait for its end.
        case cancel(batch: String)
        /// To go the ordinary way, if it is still possible from a state with one of these letters.
        case leave(from: String)
        case goOn(since: Int64)
    }

    /// A request that so many batches have failed goes the ordinary way.
    private static var mostAttempts: Int { 2 }

    /// - Parameter attempts: how many batches have failed the request.
    func step(_ terms: BatchTerms, attempts: Int, now: Int64) -> Step {
        let isOver = terms.end.map { $0 <= now } ?? false
        let isLate = isOver || now >= terms.deadline
        switch self {
        case .ordinary(let since):
            return .goOn(since: since)
        case .result(let status, let milliseconds, let body):
            return .answer(status: status, milliseconds: milliseconds, body: body)
        case .none:
            return isLate ? .leave(from: "") : .enter
        case .pending:
            return isLate ? .leave(from: "p") : .wait
        case .without(let reason):
            return reason == .refused || isLate || attempts >= Self.mostAttempts ? .leave(from: "n") : .enter
        case .inBatch(let batch):
            // Nobody waits for it any more, or the provider does not say what became of it.
            if terms.isBeyondPatience(now) { return .leave(from: "bn") }
            // Only when the batch has ended is it certain that the request is not paid for in it.
            return isLate ? .cancel(batch: batch) : .wait
        }
    }

    /// What to do after a result that is an error which may pass.
    func stepAfterFailure(_ terms: BatchTerms, attempts: Int, now: Int64) -> Step {
        now >= terms.deadline || attempts >= Self.mostAttempts ? .leave(from: "r") : .enter
    }
}
