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
    private var embeddings: [ByteRange] = []
    private var embeddingIndices: [Int] = []

    /// What is not as it should be, where the body is valid JSON.
    private var fault: StaticString?

    /// True if the body has a member `error` that is not null.
    private(set) var hasError = false

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
            } else if bytes.key(key, equals: "usage") {
                try readUsage()
            } else {
                let value = try scanner.value()
                if bytes.key(key, equals: "model") && value.kind == .string { model = value.range }
                if bytes.key(key, equals: "error") && value.kind != .null { hasError = true }
            }
            more = try scanner.nextMember()
        }
        try scanner.end()
    }

    func result() throws(ProviderError) -> ProviderResult {
        if let fault { throw malformed(fault.description) }
        guard hasContent else { throw malformed(type == .embedding ? "\"data\" is missing" : "\"choices\" is missing") }
        return ProviderResult(content: try content(), finishReason: finishReason, usage: usage, model: model)
    }

    private func content() throws(ProviderError) -> ResponseContent {
        if type == .embedding {
            guard !embeddings.isEmpty else { throw malformed("\"data\" is empty") }
            return .embeddings(orderedEmbeddings)
        }
        guard let answer else { throw malformed(choiceCount == 0 ? "\"choices\" is empty" : "\"choices[0]\" has no answer") }
        let several = choiceCount > 1 ? choices : nil
        return type == .chat ? .message(answer, choices: several) : .text(answer, choices: several)
    }

    private func malformed(_ what: String) -> ProviderError {
        ProviderError(code: .malformedResponse, message: "the provider's answer to a \(type.rawValue) request is not as expected: \(what)")
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

    // MARK: Usage

    private mutating func readUsage() throws(JSONError) {
        guard try scanner.nextKind() == .object else {
            _ = try scanner.value()
            return
        }
        var read = Usage(input: 0, output: 0)
        var isGiven = false
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            if bytes.key(key, equals: "prompt_tokens") {
                isGiven = true
                read.input = try readCount()
            } else if bytes.key(key, equals: "completion_tokens") {
                isGiven = true
                read.output = try readCount()
            } else if bytes.key(key, equals: "prompt_tokens_details") {
                read.cached = try readDetail("cached_tokens")
            } else if bytes.key(key, equals: "completion_tokens_details") {
                read.reasoning = try readDetail("reasoning_tokens")
            } else {
                _ = try scanner.value()
            }
            more = try scanner.nextMember()
        }
        usage = isGiven ? read : nil
    }

    private mutating func readDetail(_ name: StaticString) throws(JSONError) -> Int {
        guard try scanner.nextKind() == .object else {
            _ = try scanner.value()
            return 0
        }
        var count = 0
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            if bytes.key(key, equals: name) { count = try readCount() } else { _ = try scanner.value() }
            more = try scanner.nextMember()
        }
        return count
    }

    /// More tokens than any call has: what says more is not believed, and sums of many stay within an integer.
    private static var mostTokens: Int64 { 1 << 40 }

    /// Reads a number of tokens; null and what is no whole number count as none.
    private mutating func readCount() throws(JSONError) -> Int {
        let value = try scanner.value()
        guard value.kind == .number, let count = JSONText.integer(at: value.range, in: bytes) else { return 0 }
        return Int(min(max(count, 0), Self.mostTokens))
    }

    private mutating func refuse(_ fault: StaticString) throws(JSONError) {
        _ = try scanner.value()
        self.fault = fault
    }
}
