import Envelope

/// Reads an OpenAI answer in one pass, keeping ranges.
struct OpenAIResponseReader {
    private let type: RequestType
    private let bytes: UnsafeRawBufferPointer
    private var scanner: JSONScanner

    private var model: ByteRange?
    private var usage: Usage?
    private var choices: ByteRange?
    private var choiceCount = 0
    private var answer: ByteRange?
    private var finishReason: ByteRange?
    private var logprobs: ByteRange?
    private var embeddings: [ByteRange] = []
    private var embeddingIndices: [Int] = []

    /// What is not as it should be, where the body is valid JSON.
    private var fault: StaticString?

    /// True if the body has a member `error` that is not null.
    private(set) var hasError = false

    /// True if the model failed in the middle of its answer.
    private(set) var hasFailed = false

    /// True if the body has the member that answers this type of request.
    private(set) var hasContent = false

    init(_ type: RequestType, _ bytes: UnsafeRawBufferPointer) {
        self.type = type
        self.bytes = bytes
        scanner = JSONScanner(bytes)
    }

    mutating func read() throws(JSONError) {
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            if type != .embedding && bytes.key(key, equals: "choices") {
                try readChoices()
            } else if type == .embedding && bytes.key(key, equals: "data") {
                try readEmbeddings()
            } else {
                let value = try scanner.value()
                if bytes.key(key, equals: "model") && value.kind == .string { model = value.range }
                if bytes.key(key, equals: "usage") { usage = OpenAIUsage.read(JSONView(value, in: bytes)) }
                if bytes.key(key, equals: "error") && value.kind != .null { hasError = true }
            }
            more = try scanner.nextMember()
        }
        try scanner.end()
    }

    func result() throws(ProviderError) -> ProviderResult {
        if let fault { throw .malformed(fault.description, type) }
        guard hasContent else { throw .malformed(type == .embedding ? "\"data\" is missing" : "\"choices\" is missing", type) }
        return ProviderResult(content: try content(), finishReason: finishReason, logprobs: logprobs, usage: usage, model: model)
    }

    private func content() throws(ProviderError) -> ResponseContent {
        if type == .embedding {
            guard !embeddings.isEmpty else { throw .malformed("\"data\" is empty", type) }
            return .embeddings(orderedEmbeddings)
        }
        guard let answer else { throw .malformed(choiceCount == 0 ? "\"choices\" is empty" : "\"choices[0]\" has no answer", type) }
        let several = choiceCount > 1 ? choices : nil
        return type == .chat ? .message(answer, choices: several) : .text(answer, choices: several)
    }

    // MARK: Choices

    private mutating func readChoices() throws(JSONError) {
        guard try scanner.nextKind() == .array else { return try refuse("\"choices\" is not an array") }
        hasContent = true
        let start = scanner.position
        var more = try scanner.openArray()
        while more {
            if choiceCount == 0 { try readChoice() } else { _ = try scanner.value() }
            choiceCount += 1
            more = try scanner.nextElement()
        }
        choices = ByteRange(start: start, end: scanner.position)
    }

    private mutating func readChoice() throws(JSONError) {
        guard try scanner.nextKind() == .object else { return try refuse("\"choices[0]\" is not an object") }
        let answerKey: StaticString = type == .chat ? "message" : "text"
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            let value = try scanner.value()
            if bytes.key(key, equals: answerKey) {
                if value.kind == (type == .chat ? .object : .string) {
                    answer = value.range
                } else {
                    fault = type == .chat ? "\"choices[0].message\" is not an object" : "\"choices[0].text\" is not a string"
                }
            } else if value.kind == .string && bytes.key(key, equals: "finish_reason") {
                finishReason = value.range
                hasFailed = JSONView(value, in: bytes).isString("error")
            } else if value.kind == .object && bytes.key(key, equals: "logprobs") {
                logprobs = value.range
            }
            more = try scanner.nextMember()
        }
    }

    // MARK: Embeddings

    private mutating func readEmbeddings() throws(JSONError) {
        guard try scanner.nextKind() == .array else { return try refuse("\"data\" is not an array") }
        hasContent = true
        var more = try scanner.openArray()
        while more {
            try readEmbedding()
            more = try scanner.nextElement()
        }
    }

    private mutating func readEmbedding() throws(JSONError) {
        guard try scanner.nextKind() == .object else { return try refuse("an element of \"data\" is not an object") }
        var index = embeddings.count
        var embedding: ByteRange?
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            let value = try scanner.value()
            if bytes.key(key, equals: "embedding") && (value.kind == .array || value.kind == .string) {
                embedding = value.range
            } else if value.kind == .number && bytes.key(key, equals: "index") {
                index = JSONText.integer(at: value.range, in: bytes).map { Int($0) } ?? index
            }
            more = try scanner.nextMember()
        }
        guard let embedding else {
            fault = "an element of \"data\" has no embedding that is an array or a base64 string"
            return
        }
        embeddings.append(embedding)
        embeddingIndices.append(index)
    }

    /// The embeddings in the order of the inputs, which is nearly always the order of the answer.
    private var orderedEmbeddings: [ByteRange] {
        guard zip(embeddingIndices, embeddingIndices.dropFirst()).contains(where: { $0 > $1 }) else { return embeddings }
        return embeddings.indices.sorted { embeddingIndices[$0] < embeddingIndices[$1] }.map { embeddings[$0] }
    }

    private mutating func refuse(_ fault: StaticString) throws(JSONError) {
        _ = try scanner.value()
        self.fault = fault
    }
}
