/// A file that was uploaded for a batch, or that holds a batch's results.
struct StoredFile: Sendable {
    let id: String
    let name: String
    let purpose: String
    let bytes: [UInt8]
    /// Seconds since 1970.
    let createdAt: Int
}

/// What OpenAI's batches have besides.
struct OpenAIBatch: Sendable {
    var batch: Batch
    let inputFile: String
    /// As JSON.
    let endpoint: String
    /// As JSON.
    let metadata: String
    var outputFile: String?
    var errorFile: String?
}

/// The batches and files of all keys, the newest last.
struct BatchStore: Sendable {
    private(set) var files: [String: StoredFile] = [:]
    private(set) var openAI: [OpenAIBatch] = []
    private(set) var anthropic: [Batch] = []
    private var identifiers: RandomStream

    init(seed: UInt64) {
        identifiers = RandomStream(seed: seed, fingerprint: Self.salt)
    }

    /// Sixteen hexadecimal digits for a new file or batch.
    mutating func nextIdentifier() -> String {
        let digits = String(identifiers.next(), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    mutating func add(_ bytes: [UInt8], name: String, purpose: String, at seconds: Int) -> StoredFile {
        let file = StoredFile(id: "file-\(nextIdentifier())", name: name, purpose: purpose, bytes: bytes, createdAt: seconds)
        files[file.id] = file
        return file
    }

    mutating func add(_ batch: OpenAIBatch) { openAI.append(batch) }

    mutating func add(_ batch: Batch) { anthropic.append(batch) }

    /// Changes the batch of an identifier, and returns it; nil if there is none.
    mutating func withOpenAI(_ id: some StringProtocol, _ change: (inout Batch) -> Void = { _ in }) -> OpenAIBatch? {
        guard let index = openAI.firstIndex(where: { $0.batch.id == id }) else { return nil }
        change(&openAI[index].batch)
        return openAI[index]
    }

    /// Changes the batch of an identifier, and returns it; nil if there is none.
    mutating func withAnthropic(_ id: some StringProtocol, _ change: (inout Batch) -> Void = { _ in }) -> Batch? {
        guard let index = anthropic.firstIndex(where: { $0.id == id }) else { return nil }
        change(&anthropic[index])
        return anthropic[index]
    }

    /// Ends all batches whose time has come.
    ///
    /// - Parameter answer: answers a request, with the key of its batch, in a dialect.
    mutating func settle(at moment: Batch.Moment, answer: (BatchRequest, _ key: String, any Dialect) -> BatchOutcome) {
        for index in anthropic.indices {
            let key = anthropic[index].key
            _ = anthropic[index].settle(at: moment) { answer($0, key, AnthropicDialect()) }
        }
        for index in openAI.indices {
            let key = openAI[index].batch.key
            guard openAI[index].batch.settle(at: moment, answer: { answer($0, key, OpenAIDialect()) }) else { continue }
            writeFiles(index, at: moment.seconds)
        }
    }

    /// Writes the results into files of their own: answers into one, errors into another.
    private mutating func writeFiles(_ index: Int, at seconds: Int) {
        let batch = openAI[index].batch
        let (output, errors) = OpenAIBatchFormat.results(batch)
        if !output.isEmpty {
            openAI[index].outputFile = add(output, name: "\(batch.id)_output.jsonl", purpose: "batch_output", at: seconds).id
        }
        if !errors.isEmpty {
            openAI[index].errorFile = add(errors, name: "\(batch.id)_error.jsonl", purpose: "batch_output", at: seconds).id
        }
    }

    private static let salt: UInt64 = 0x6261_7463_6865_7321
}
