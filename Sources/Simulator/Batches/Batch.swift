/// One request of a batch.
struct BatchRequest: Sendable {
    /// As JSON.
    let customID: String
    let endpoint: Endpoint
    let body: [UInt8]
}

/// What became of one request of a batch.
struct BatchOutcome: Sendable {
    enum Kind: Sendable {
        case succeeded
        case errored
        case canceled
        case expired
    }

    let kind: Kind
    /// The HTTP status that the request would have got by itself.
    var status = 0
    /// What it would have got as its answer's body.
    var body: [UInt8] = []
    /// Names the answer.
    var identifier: UInt64 = 0
}

/// Why a batch is not begun.
struct BatchProblem: Error, Hashable {
    let code: String
    let message: String
    /// Of the input file, the first being 1.
    var line: Int?
}

/// A batch, from its creation to its results. Nothing in it happens by itself: time is passed in.
struct Batch: Sendable {
    /// A point in time, by the clock that never goes back and by the calendar.
    struct Moment: Hashable, Sendable {
        let nanoseconds: Int64
        /// Since 1970.
        let seconds: Int
    }

    let id: String
    let key: String
    let createdAt: Moment
    /// How long the batch takes.
    let duration: Duration
    let requests: [BatchRequest]
    let problem: BatchProblem?

    private(set) var canceledAt: Moment?
    private(set) var endedAt: Int?
    /// In the order of the requests; none until the batch has ended.
    private(set) var outcomes: [BatchOutcome] = []

    init(id: String, key: String, requests: [BatchRequest], problem: BatchProblem? = nil, duration: Duration, at moment: Moment) {
        self.id = id
        self.key = key
        self.requests = requests
        self.problem = problem
        self.duration = duration
        createdAt = moment
    }

    /// Asks the batch to end early. What has been answered by then is answered all the same.
    mutating func cancel(at moment: Moment) {
        guard endedAt == nil, canceledAt == nil, problem == nil else { return }
        canceledAt = moment
    }

    /// Ends the batch if its time has come.
    ///
    /// - Parameter answer: answers one request.
    /// - Returns: true if it has ended now.
    mutating func settle(at moment: Moment, answer: (BatchRequest) -> BatchOutcome) -> Bool {
        guard endedAt == nil, problem == nil else { return false }
        let answered = canceledAt.map(requestsDone) ?? requests.count
        guard canceledAt != nil || requestsDone(at: moment) == requests.count else { return false }
        outcomes = requests.enumerated().map { $0.offset < answered ? answer($0.element) : BatchOutcome(kind: .canceled) }
        endedAt = moment.seconds
        return true
    }

    func count(_ kind: BatchOutcome.Kind) -> Int { outcomes.count { $0.kind == kind } }

    /// Requests are answered evenly over the time that the batch takes.
    private func requestsDone(at moment: Moment) -> Int {
        let elapsed = Duration.nanoseconds(moment.nanoseconds - createdAt.nanoseconds)
        guard elapsed < duration else { return requests.count }
        return min(Int(Double(requests.count) * (elapsed / duration)), requests.count - 1)
    }
}
