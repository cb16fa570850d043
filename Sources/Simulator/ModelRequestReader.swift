internal import Envelope

/// Reads a request to a model in one pass, and notes the first thing that is not in order. Dialects say which members matter.
struct ModelRequestReader {
    let bytes: UnsafeRawBufferPointer
    var scanner: JSONScanner

    var request: ModelRequest
    private(set) var problem: APIError?

    private var hasPrompt = false
    private var offeredTools: JSONValue?

    init(_ endpoint: Endpoint, _ dialect: any Dialect, _ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        scanner = JSONScanner(bytes)
        request = ModelRequest(endpoint, dialect: dialect)
    }

    mutating func read() throws(JSONError) {
        let dialect = request.dialect
        let promptName = dialect.promptName(request.endpoint)
        var more = try scanner.openObject()
        while more {
            let key = try scanner.key()
            if bytes.key(key, equals: promptName) {
                try readPrompt()
            } else {
                let value = try scanner.value()
                if value.kind != .null { dialect.note(key, value, in: &self) }
            }
            more = try scanner.nextMember()
        }
        try scanner.end()
        if request.model.isEmpty { refuse(dialect.missingModel) }
        if !hasPrompt { refuse(.missing(promptName)) }
        dialect.check(&self)
        if let offeredTools, request.markers.toolCalls ?? 0 > 0 {
            request.tools = dialect.tools(try JSONTree(bytes[offeredTools.range]))
        }
    }

    private mutating func readPrompt() throws(JSONError) {
        hasPrompt = true
        _ = try scanner.nextKind()
        let start = scanner.position
        try request.dialect.readPrompt(&self)
        let prompt = bytes[ByteRange(start: start, end: scanner.position)]
        request.fingerprint ^= Fingerprint.of(prompt, salt: request.endpoint.rawValue)
        request.promptTokens += max(prompt.count / 4, 1)
    }

    // MARK: Members

    mutating func noteModel(_ value: JSONValue) {
        guard value.kind == .string else { return refuse(.wrongType("model", expected: "a string", found: value.kind)) }
        request.model = String(decoding: bytes[value.range], as: UTF8.self)
    }

    /// Notes instructions that stand apart from the messages and belong to the prompt all the same.
    mutating func noteInstructions(_ value: JSONValue) {
        request.fingerprint ^= Fingerprint.of(bytes[value.range], salt: Self.instructionsSalt)
        request.promptTokens += value.range.count / 4
    }

    mutating func noteTools(_ value: JSONValue) {
        offeredTools = value
    }

    /// A small member as a tree.
    func tree(_ value: JSONValue) -> JSONTree {
        (try? JSONTree(bytes[value.range])) ?? .null
    }

    mutating func limitOutput(_ limit: Int?) {
        guard let limit else { return }
        request.outputLimit = min(limit, request.outputLimit ?? limit)
    }

    mutating func boolean(_ name: StaticString, _ value: JSONValue) -> Bool {
        if value.kind != .boolean { refuse(.wrongType(name, expected: "a boolean", found: value.kind)) }
        return JSONText.boolean(at: value.range, in: bytes) ?? false
    }

    mutating func integer(_ name: StaticString, _ value: JSONValue, most: Int) -> Int? {
        guard value.kind == .number, let number = JSONText.integer(at: value.range, in: bytes) else {
            refuse(.wrongType(name, expected: "an integer", found: value.kind))
            return nil
        }
        guard (1...Int64(most)).contains(number) else {
            refuse(.wrongValue(name, expected: "an integer from 1 to \(most)"))
            return nil
        }
        return Int(number)
    }

    mutating func refuseNext(_ problem: APIError) throws(JSONError) {
        _ = try scanner.value()
        refuse(problem)
    }

    mutating func refuse(_ problem: APIError) {
        if self.problem == nil { self.problem = problem }
    }

    private static let instructionsSalt: UInt64 = 7
}
