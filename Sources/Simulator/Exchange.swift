internal import Envelope
internal import Glibc
internal import NIOCore

/// An admitted request and how far its answer has come. Decides what is sent and when; the connection does it.
struct Exchange: ~Copyable {
    /// What follows the bytes that a step has written.
    enum Next {
        case wait(until: NIODeadline)
        /// Nothing more is sent, and the connection stays open.
        case stall
        /// The answer is complete, as far as it ever will be.
        case end(Ledger.Outcome)
        /// The connection is to be closed, after what has been written is sent.
        case disconnect(Failure)
    }

    private let request: ModelRequest
    let key: String
    let isKeepAlive: Bool
    private let plan: SimulationPlan
    private let content: AnswerContent
    private let reading: QuotaReading
    private let arrival: NIODeadline
    private var stream: StreamedAnswer?
    private var isCorrupted = false

    /// - Parameter ordinal: how often the same prompt has been seen before.
    init(
        _ request: ModelRequest, _ options: SimulationOptions, ordinal: UInt64, key: String, reading: QuotaReading,
        isKeepAlive: Bool, arrival: NIODeadline
    ) {
        self.request = request
        self.key = key
        content = AnswerContent(request, seed: options.seed, ordinal: ordinal)
        plan = SimulationPlan(request, content, options, ordinal: ordinal)
        self.reading = reading
        self.isKeepAlive = isKeepAlive
        self.arrival = arrival
    }

    /// When the first step is due.
    var firstDue: NIODeadline { deadline(plan.time(toToken: isStreamed || error != nil ? 0 : plan.outputTokens)) }

    /// Tells the prompt from others.
    var fingerprint: UInt64 { request.fingerprint }

    /// What became of the request if the client leaves now.
    var abandonment: Failure { plan.fault == .stall ? .stalled : .abandoned }

    private var isStreamed: Bool { request.isStreamed && error == nil && plan.fault != .disconnected }

    /// What is answered instead of an answer.
    private var error: APIError? {
        guard let fault = plan.fault else { return nil }
        if fault == .streamError && request.isStreamed || fault == .contentFilter && request.dialect.answersFiltered { return nil }
        return APIError(fault, request, retryAfterMilliseconds: plan.retryAfterMilliseconds)
    }

    /// Writes what is due at a time.
    mutating func step(_ options: SimulationOptions, now: NIODeadline, to writer: inout ByteWriter) -> Next {
        if plan.fault == .disconnected { return .disconnect(.disconnected) }
        if isStreamed { return stepStream(options, now: now, to: &writer) }
        guard let error else { return writeWhole(options, to: &writer) }
        error.writeAnswer(
            request.dialect, identifier: plan.identifier, reading: reading, time: time(nil), isKeepAlive: isKeepAlive, to: &writer)
        return .end(outcome)
    }

    private var outcome: Ledger.Outcome {
        if let failure = plan.fault.flatMap(Failure.init) { return .failed(failure) }
        return .ok(request, plan)
    }

    private func deadline(_ time: Duration) -> NIODeadline {
        let (seconds, attoseconds) = time.components
        return arrival + .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    // MARK: Whole answers

    private func writeWhole(_ options: SimulationOptions, to writer: inout ByteWriter) -> Next {
        var body = ByteWriter(capacity: 2048)
        if request.endpoint == .embedding {
            EmbeddingAnswer(request: request, seed: options.seed, identifier: plan.identifier).write(to: &body)
        } else {
            request.dialect.append(answer(options), to: &body)
        }
        let half = UnsafeRawBufferPointer(rebasing: body.bytes[..<(body.count / 2)])
        switch plan.fault {
        case .malformed, .corrupt:
            head(.length(half.count)).write(to: &writer)
            writer.append(half)
        case .stall, .truncate:
            head(.length(body.count)).write(to: &writer)
            writer.append(half)
            return plan.fault == .stall ? .stall : .disconnect(.truncated)
        default:
            head(.length(body.count)).write(to: &writer)
            writer.append(body.bytes)
        }
        return .end(outcome)
    }

    private func answer(_ options: SimulationOptions) -> Answer {
        Answer(request, content, plan, seed: options.seed, created: time(nil))
    }

    private func head(_ framing: ResponseHead.Framing) -> ResponseHead {
        var head = ResponseHead(request.dialect, framing: framing, isKeepAlive: isKeepAlive, identifier: plan.identifier)
        head.processingTime = plan.time(toToken: request.isStreamed ? 0 : plan.outputTokens)
        head.reading = reading
        head.time = time(nil)
        return head
    }

    // MARK: Streams

    /// Writes the tokens that are due, and at last the end, as one chunk.
    private mutating func stepStream(_ options: SimulationOptions, now: NIODeadline, to writer: inout ByteWriter) -> Next {
        var events = ByteWriter(capacity: 1024)
        var current = stream.take() ?? begin(options, head: &writer, events: &events)
        let whole = current.length
        let total = plan.fault?.stopsHalfway == true ? whole / 2 : whole
        let made = min(plan.tokens(at: .nanoseconds((now - arrival).nanoseconds)), total)
        if plan.fault == .corrupt, !isCorrupted, made >= whole / 2 {
            current.appendTokens(upTo: whole / 2, to: &events)
            current.appendFragment(to: &events)
            events.append("\n\n")
            isCorrupted = true
        }
        current.appendTokens(upTo: made, to: &events)
        let isComplete = current.tokenCount == total
        if isComplete { appendEnd(current, to: &events) }
        if events.count > 0 {
            writer.append(text: String(events.count, radix: 16))
            writer.append("\r\n")
            writer.append(events.bytes)
            writer.append("\r\n")
        }
        guard isComplete else {
            let due = deadline(plan.time(toToken: current.tokenCount + 1))
            stream = current
            return .wait(until: due)
        }
        if plan.fault == .stall { return .stall }
        writer.append("0\r\n\r\n")
        return .end(outcome)
    }

    private func appendEnd(_ stream: StreamedAnswer, to events: inout ByteWriter) {
        switch plan.fault {
        case .malformed: stream.appendFragment(to: &events)
        case .streamError: stream.appendFailure(to: &events)
        case .stall, .truncate: break
        default: stream.appendEnd(to: &events)
        }
    }

    private func begin(_ options: SimulationOptions, head writer: inout ByteWriter, events: inout ByteWriter) -> StreamedAnswer {
        let begun = StreamedAnswer(answer(options))
        head(.chunks).write(to: &writer)
        begun.appendBeginning(to: &events)
        return begun
    }
}

extension SimulationPlan {
    /// What is drawn for one attempt at a request, save what its prompt asks for.
    init(_ request: ModelRequest, _ content: AnswerContent, _ options: SimulationOptions, ordinal: UInt64) {
        self.init(
            options, fingerprint: request.fingerprint, ordinal: ordinal,
            outputLimit: request.endpoint == .embedding ? 0 : content.isUnlimited ? nil : request.outputLimit,
            requestedLatency: request.requestedLatency, requestedFault: request.markers.fault(ordinal: ordinal),
            requestedTokens: content.bodyTokens, reasoningTokens: content.reasoningTokens)
    }
}
