internal import Envelope

/// A call of a function that the model makes instead of an answer.
struct ToolCall {
    /// Which of the answer's calls it is.
    let index: Int
    let name: String
    /// As JSON.
    let arguments: [UInt8]
    /// Names the call.
    let identifier: UInt64
}

/// A part of an answer, made token by token.
enum AnswerPart {
    /// So many words.
    case reasoning(Int)
    /// So many words.
    case text(Int)
    /// The first so many tokens of a text that is JSON.
    case json([UInt8], tokens: Int)
    case call(ToolCall)

    var tokens: Int {
        switch self {
        case .reasoning(let count), .text(let count), .json(_, let count): count
        case .call(let call): Self.tokens(call.arguments)
        }
    }

    var isText: Bool {
        switch self {
        case .text, .json: true
        case .reasoning, .call: false
        }
    }

    /// How many tokens a JSON text is: one for each four bytes.
    static func tokens(_ json: [UInt8]) -> Int { (json.count + 3) / 4 }

    /// The bytes of one token; whole characters.
    static func range(_ token: Int, of json: [UInt8]) -> ByteRange {
        ByteRange(start: boundary(token, of: json), end: boundary(token + 1, of: json))
    }

    /// The bytes of the first tokens.
    static func range(upTo count: Int, of json: [UInt8]) -> ByteRange {
        ByteRange(start: 0, end: boundary(count, of: json))
    }

    private static func boundary(_ token: Int, of json: [UInt8]) -> Int {
        var offset = min(token * 4, json.count)
        while offset < json.count, json[offset] & 0xC0 == 0x80 { offset += 1 }
        return offset
    }
}

/// What an answer is to say, before it is known how much of it the request's limit allows.
struct AnswerContent {
    private enum Body {
        case words
        case json([UInt8])
        case calls([ToolCall])
    }

    private let body: Body
    /// Words of reasoning, which come before all else.
    let reasoningTokens: Int
    /// The length of what follows; nil if it is to be drawn.
    let bodyTokens: Int?

    /// True if the request's limit does not apply, for half a call is none.
    var isUnlimited: Bool { if case .calls = body { true } else { false } }

    /// - Parameter ordinal: how often the same prompt has been seen before.
    init(_ request: ModelRequest, seed: UInt64, ordinal: UInt64) {
        let isReasoning = request.asksForReasoning || request.markers.asksForReasoning
        reasoningTokens = isReasoning ? 4 + Int(request.digest & 7) : 0
        if let count = request.markers.toolCalls, count > 0, !request.tools.isEmpty {
            let calls = Self.calls(request, count, seed)
            body = .calls(calls)
            bodyTokens = calls.reduce(0) { $0 + AnswerPart.tokens($1.arguments) }
        } else if request.wantsJSON {
            let json = Self.json(request, seed, ordinal)
            body = .json(json)
            bodyTokens = AnswerPart.tokens(json)
        } else {
            body = .words
            bodyTokens = request.markers.words
        }
    }

    /// The parts of an answer.
    ///
    /// - Parameter count: how many tokens it may have.
    func parts(tokens count: Int) -> [AnswerPart] {
        let reasoning = min(reasoningTokens, count)
        let rest = count - reasoning
        var parts: [AnswerPart] = reasoning > 0 ? [.reasoning(reasoning)] : []
        switch body {
        case .words: if rest > 0 { parts.append(.text(rest)) }
        case .json(let json): if rest > 0 { parts.append(.json(json, tokens: rest)) }
        case .calls(let calls): parts += calls.map(AnswerPart.call)
        }
        return parts
    }

    private static func calls(_ request: ModelRequest, _ count: Int, _ seed: UInt64) -> [ToolCall] {
        var identifiers = RandomStream(seed: seed, fingerprint: request.fingerprint, ordinal: UInt64(UInt32.max))
        return (0..<count).map { index in
            let tool = request.tools[index % request.tools.count]
            let stream = RandomStream(seed: seed &+ UInt64(index), fingerprint: request.fingerprint)
            var sample = SchemaSample(tool.schema, stream)
            let arguments = tool.schema.members.isEmpty ? JSONTree.object([]) : sample.value()
            return ToolCall(index: index, name: tool.name, arguments: arguments.bytes, identifier: identifiers.next())
        }
    }

    private static func json(_ request: ModelRequest, _ seed: UInt64, _ ordinal: UInt64) -> [UInt8] {
        if ordinal < UInt64(request.markers.misfits ?? 0) { return SchemaSample.misfit(request.outputSchema) }
        let schema = request.outputSchema ?? Self.anyObject
        var sample = SchemaSample(schema, RandomStream(seed: seed, fingerprint: request.fingerprint))
        return sample.value().bytes
    }

    /// What is answered where JSON is asked for and no schema given.
    private static let anyObject = JSONTree.object([
        JSONTree.Member(
            name: "properties",
            value: .object([
                JSONTree.Member(name: "answer", value: .object([JSONTree.Member(name: "type", value: .string("string"))]))
            ]))
    ])
}
