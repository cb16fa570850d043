internal import Envelope

/// An answer to a chat or a completion, whole or streamed, before it is written in one dialect.
struct Answer {
    /// Why an answer ends.
    enum Finish {
        case stop
        case length
        case toolCalls
        case filtered
    }

    let request: ModelRequest
    let plan: SimulationPlan
    let parts: [AnswerPart]
    let seed: UInt64

    /// Seconds since 1970.
    let created: Int

    init(_ request: ModelRequest, _ content: AnswerContent, _ plan: SimulationPlan, seed: UInt64, created: Int) {
        self.request = request
        self.plan = plan
        self.seed = seed
        self.created = created
        parts = plan.fault == .contentFilter ? [] : content.parts(tokens: plan.outputTokens)
    }

    var dialect: any Dialect { request.dialect }

    var finish: Finish {
        if plan.fault == .contentFilter { return .filtered }
        if case .call = parts.last { return .toolCalls }
        return plan.isCutByLimit ? .length : .stop
    }

    var tellsUsage: Bool { plan.fault != .noUsage }

    var outputTokens: Int { parts.reduce(0) { $0 + $1.tokens } }

    var reasoningTokens: Int {
        if case .reasoning(let count) = parts.first { count } else { 0 }
    }

    /// True if the answer has a part other than reasoning and calls.
    var hasText: Bool { parts.contains { $0.isText } }

    var calls: [ToolCall] {
        parts.compactMap { if case .call(let call) = $0 { call } else { nil } }
    }

    /// The words of the answer, or of its reasoning.
    func words(isReasoning: Bool) -> AnswerText {
        if isReasoning { return AnswerText(seed: seed &+ 1, fingerprint: request.fingerprint, digest: ~request.digest) }
        return AnswerText(seed: seed, fingerprint: request.fingerprint, digest: request.digest)
    }

    /// Appends what a part says, as a JSON string; of a call, its arguments.
    func appendText(of part: AnswerPart, to writer: inout ByteWriter) {
        switch part {
        case .reasoning(let count), .text(let count):
            var words = words(isReasoning: !part.isText)
            writer.append("\"")
            for _ in 0..<count { words.appendWord(to: &writer) }
            writer.append("\"")
        case .json(let json, let count): json.withUnsafeBytes { writer.appendJSON(utf8: $0[AnswerPart.range(upTo: count, of: json)]) }
        case .call(let call): call.arguments.withUnsafeBytes { writer.appendJSON(utf8: $0) }
        }
    }
}
