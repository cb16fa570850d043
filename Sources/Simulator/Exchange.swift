internal import Envelope
internal import Glibc
internal import NIOCore

/// An admitted request and how far its answer has come. Decides what is sent and when; the connection does it.
struct Exchange {
    /// What follows the bytes that a step has written.
    enum Next {
        case wait(until: NIODeadline)
        /// The answer is complete, as far as it ever will be.
        case end(Ledger.Outcome)
        /// The connection is to be closed.
        case disconnect
    }

    let request: ModelRequest
    let key: String
    let isKeepAlive: Bool
    private let plan: SimulationPlan
    private let reading: TokenBucket.Reading?
    private let arrival: NIODeadline
    private var stream: StreamedAnswer?

    init(
        _ request: ModelRequest, _ plan: SimulationPlan, key: String, reading: TokenBucket.Reading?, isKeepAlive: Bool, arrival: NIODeadline
    ) {
        self.request = request
        self.key = key
        self.plan = plan
        self.reading = reading
        self.isKeepAlive = isKeepAlive
        self.arrival = arrival
    }

    /// When the first step is due.
    var firstDue: NIODeadline { deadline(plan.time(toToken: request.isStreamed || !plan.isAnswered ? 0 : plan.outputTokens)) }

    /// Writes what is due at a time.
    mutating func step(_ options: SimulationOptions, now: NIODeadline, to writer: inout ByteWriter) -> Next {
        if request.isStreamed && plan.isAnswered { return stepStream(options, now: now, to: &writer) }
        if let fault = plan.fault, let error = APIError(fault, retryAfterMilliseconds: plan.retryAfterMilliseconds) {
            error.writeAnswer(identifier: plan.identifier, reading: reading, isKeepAlive: isKeepAlive, to: &writer)
            return .end(.failed(Failure(fault)))
        }
        if plan.fault == .disconnected { return .disconnect }
        writeWhole(options, to: &writer)
        return .end(outcome)
    }

    private var outcome: Ledger.Outcome {
        if let fault = plan.fault { return .failed(Failure(fault)) }
        return .ok(promptTokens: request.promptTokens, completionTokens: plan.outputTokens)
    }

    private func deadline(_ time: Duration) -> NIODeadline {
        let (seconds, attoseconds) = time.components
        return arrival + .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    // MARK: Whole answers

    private func writeWhole(_ options: SimulationOptions, to writer: inout ByteWriter) {
        var body = ByteWriter(capacity: 2048)
        if request.endpoint == .embedding {
            EmbeddingAnswer(request: request, seed: options.seed).write(to: &body)
        } else {
            answer.write(seed: options.seed, to: &body)
        }
        let length = plan.fault == .malformed ? body.count / 2 : body.count
        head(.length(length)).write(to: &writer)
        writer.append(UnsafeRawBufferPointer(rebasing: body.bytes[..<length]))
    }

    private var answer: TextAnswer { TextAnswer(request: request, plan: plan, created: time(nil)) }

    private func head(_ framing: ResponseHead.Framing) -> ResponseHead {
        var head = ResponseHead(framing: framing, isKeepAlive: isKeepAlive, identifier: plan.identifier)
        head.processingTime = plan.time(toToken: request.isStreamed ? 0 : plan.outputTokens)
        head.reading = reading
        return head
    }

    // MARK: Streams

    /// Writes the words that are due, and at last the end, as one chunk.
    private mutating func stepStream(_ options: SimulationOptions, now: NIODeadline, to writer: inout ByteWriter) -> Next {
        var events = ByteWriter(capacity: 1024)
        var current = stream ?? begin(options, head: &writer, events: &events)
        let isBroken = plan.fault == .malformed
        let total = isBroken ? plan.outputTokens / 2 : plan.outputTokens
        current.appendWords(upTo: min(plan.tokens(at: .nanoseconds((now - arrival).nanoseconds)), total), to: &events)
        let isComplete = current.wordCount == total
        if isComplete {
            if isBroken { current.appendFragment(to: &events) } else { current.appendEnd(to: &events) }
        }
        if events.count > 0 {
            writer.append(text: String(events.count, radix: 16))
            writer.append("\r\n")
            writer.append(events.bytes)
            writer.append("\r\n")
        }
        stream = current
        guard isComplete else { return .wait(until: deadline(plan.time(toToken: current.wordCount + 1))) }
        writer.append("0\r\n\r\n")
        return .end(outcome)
    }

    private func begin(_ options: SimulationOptions, head writer: inout ByteWriter, events: inout ByteWriter) -> StreamedAnswer {
        let begun = StreamedAnswer(answer, seed: options.seed)
        head(.chunks).write(to: &writer)
        begun.appendBeginning(to: &events)
        return begun
    }
}
