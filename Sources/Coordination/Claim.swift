/// Which copy of which request has an id, and how far it has come.
struct Claim: Equatable, Sendable {
    enum State: Equatable, Sendable {
        case open
        /// A provider has been paid for a result that may not be published yet.
        case paid([UInt8])
        case answered
        case failed
    }

    var root: String
    var generation: Int
    /// Where the copy is that works on it; nil if nobody has seen that yet, or needs it any more.
    var place: String?
    var state: State

    init(root: String, generation: Int, place: String?, state: State) {
        self.root = root
        self.generation = generation
        self.place = place
        self.state = state
    }

    /// The claim of a copy that is at work.
    init(of copy: RequestCopy, _ state: State = .open) {
        self.init(root: copy.root, generation: copy.generation, place: copy.place, state: state)
    }

    /// The claim of a copy after which nothing more is done.
    init(finished copy: RequestCopy, failed: Bool) {
        self.init(root: copy.root, generation: copy.generation, place: nil, state: failed ? .failed : .answered)
    }

    /// The claim of the copy of a later generation that takes its place.
    init(superseded copy: RequestCopy, by generation: Int) {
        self.init(root: copy.root, generation: generation, place: nil, state: .open)
    }

    var isPaid: Bool { if case .paid = state { true } else { false } }

    var isFinished: Bool { state == .answered || state == .failed }

    /// Decides what a copy that asks for the id is told, and gives it the claim where it may work on the request.
    mutating func asked(by copy: RequestCopy) -> ClaimOutcome {
        guard copy.root == root else {
            guard state == .failed else { return .taken(by: root) }
            self = Claim(of: copy)
            return .granted
        }
        if copy.generation < generation || state == .answered { return .done }
        if copy.generation == generation {
            // A twin at another place is delivered again itself if its worker dies.
            let isTwins = place != nil && place != copy.place
            if isTwins || state == .failed { return .done }
        }
        generation = copy.generation
        place = copy.place
        if case .paid(let result) = state { return .paid(result) }
        state = .open
        return .granted
    }

    /// Takes what a copy reports, unless the claim is another's meanwhile or further than that: a worker that was frozen reports late.
    mutating func report(_ next: Claim, by copy: RequestCopy) {
        guard copy.root == root, copy.generation == generation, state != .answered else { return }
        if next.isFinished || state != .failed { self = next }
    }
}

extension Claim? {
    /// As for a claim; an id that nobody has is granted.
    mutating func asked(by copy: RequestCopy) -> ClaimOutcome {
        if let outcome = self?.asked(by: copy) { return outcome }
        self = Claim(of: copy)
        return .granted
    }

    /// As for a claim; one that was forgotten meanwhile was the copy's.
    mutating func report(_ next: Claim, by copy: RequestCopy) {
        if self == nil { self = next } else { self?.report(next, by: copy) }
    }
}
