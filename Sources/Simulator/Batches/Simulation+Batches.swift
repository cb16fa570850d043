internal import Envelope
internal import Glibc
internal import NIOCore
internal import Synchronization

extension Simulation {
    /// Answers a request for files or batches.
    func answer(_ route: BatchRoute, _ request: IncomingRequest, _ dialect: any Dialect, now: NIODeadline, to writer: inout ByteWriter) {
        let key = request.key(dialect)
        if let (objection, failure) = objection(to: request, key: key, dialect) {
            return refuse(failure, with: objection, request, dialect, to: &writer)
        }
        settleBatches(now: now)
        var body = ByteWriter()
        do throws(APIError) {
            if request.isTooLarge { throw .tooLarge(limit: request.bodyLimit) }
            if let required = dialect.requiredHeader, request.header(required) == nil { throw .invalid("\(required): header is required") }
            let moment = Batch.Moment(now)
            let contentType =
                dialect is AnthropicDialect
                ? try answerAnthropic(route, request, key, moment, to: &body) : try answerOpenAI(route, request, key, moment, to: &body)
            write(body, request, dialect, contentType: contentType, to: &writer)
        } catch {
            refuse(.invalidRequest, with: error, request, dialect, to: &writer)
        }
    }

    /// Ends the batches whose time has come.
    func settleBatches(now: NIODeadline) {
        batches.withLock { store in
            store.settle(at: Batch.Moment(now)) { request, key, dialect in self.answer(request, key: key, dialect, now: now) }
        }
    }

    // MARK: OpenAI

    /// - Returns: the type of what has been written.
    private func answerOpenAI(
        _ route: BatchRoute, _ request: IncomingRequest, _ key: String, _ moment: Batch.Moment, to body: inout ByteWriter
    ) throws(APIError) -> StaticString {
        switch route {
        case .uploadFile:
            let file = try upload(request, moment)
            OpenAIBatchFormat.write(file, to: &body)
        case .file(let id): OpenAIBatchFormat.write(try file(id), to: &body)
        case .fileContent(let id):
            try file(id).bytes.withUnsafeBytes { body.append($0) }
            return "application/octet-stream"
        case .create: OpenAIBatchFormat.write(try create(request, key, moment), isNew: true, to: &body)
        case .list:
            let all = batches.withLock { $0.openAI }
            let page = BatchPage(all.map(\.batch.id), request.uri, cursor: "after")
            page.write(isOpenAI: true, to: &body) { OpenAIBatchFormat.write(all[$0], to: &$1) }
        case .batch(let id):
            guard let batch = batches.withLock({ $0.withOpenAI(id) }) else { throw .noBatch(id) }
            OpenAIBatchFormat.write(batch, to: &body)
        case .cancel(let id):
            guard let batch = batches.withLock({ $0.withOpenAI(id) { $0.cancel(at: moment) } }) else { throw .noBatch(id) }
            OpenAIBatchFormat.write(batch, to: &body)
        case .results(let id): throw .noBatch(id)
        }
        return "application/json"
    }

    private func upload(_ request: IncomingRequest, _ moment: Batch.Moment) throws(APIError) -> StoredFile {
        let bytes = Array(request.body.readableBytesView)
        guard let form = MultipartForm(bytes, contentType: request.header("content-type") ?? "") else {
            throw .invalid("Could not parse multipart form")
        }
        guard let purpose = form["purpose"] else { throw .missing("purpose") }
        guard purpose.bytes.elementsEqual("batch".utf8) else { throw .wrongValue("purpose", expected: "\"batch\"") }
        guard let file = form["file"] else { throw .missing("file") }
        return batches.withLock { $0.add(file.bytes, name: file.fileName ?? "upload.jsonl", purpose: "batch", at: moment.seconds) }
    }

    private func file(_ id: Substring) throws(APIError) -> StoredFile {
        guard let file = batches.withLock({ $0.files[String(id)] }) else { throw .notFound("No such File object: \(id)") }
        return file
    }

    private func create(_ request: IncomingRequest, _ key: String, _ moment: Batch.Moment) throws(APIError) -> OpenAIBatch {
        let asked = try request.tree()
        guard let file = asked["input_file_id"]?.text else { throw .missing("input_file_id") }
        guard let endpoint = asked["endpoint"] else { throw .missing("endpoint") }
        guard asked["completion_window"]?.text == "24h" else { throw .wrongValue("completion_window", expected: "\"24h\"") }
        let url = String(decoding: endpoint.bytes, as: UTF8.self)
        guard OpenAIBatchFormat.endpoint(url) != nil else { throw .wrongValue("endpoint", expected: "one that takes batches") }
        let input = try self.file(Substring(file))
        var (requests, problem): ([BatchRequest], BatchProblem?) = ([], nil)
        do throws(BatchProblem) {
            requests = try OpenAIBatchFormat.requests(input.bytes, endpoint: url)
        } catch {
            problem = error
        }
        let metadata = String(decoding: (asked["metadata"] ?? .null).bytes, as: UTF8.self)
        return batches.withLock { store in
            let id = "batch_\(store.nextIdentifier())"
            let batch = Batch(id: id, key: key, requests: requests, problem: problem, duration: batchDuration, at: moment)
            let stored = OpenAIBatch(batch: batch, inputFile: file, endpoint: url, metadata: metadata)
            store.add(stored)
            return stored
        }
    }

    // MARK: Anthropic

    /// - Returns: the type of what has been written.
    private func answerAnthropic(
        _ route: BatchRoute, _ request: IncomingRequest, _ key: String, _ moment: Batch.Moment, to body: inout ByteWriter
    ) throws(APIError) -> StaticString {
        let host = request.header("host") ?? ""
        switch route {
        case .create:
            let requests = try request.read { bytes throws(APIError) in try AnthropicBatchFormat.requests(bytes) }
            let batch = batches.withLock { store in
                let id = "msgbatch_\(store.nextIdentifier())"
                let batch = Batch(id: id, key: key, requests: requests, duration: batchDuration, at: moment)
                store.add(batch)
                return batch
            }
            AnthropicBatchFormat.write(batch, host: host, to: &body)
        case .list:
            let all = batches.withLock { $0.anthropic }
            let page = BatchPage(all.map(\.id), request.uri, cursor: "after_id")
            page.write(isOpenAI: false, to: &body) { AnthropicBatchFormat.write(all[$0], host: host, to: &$1) }
        case .batch(let id):
            guard let batch = batches.withLock({ $0.withAnthropic(id) }) else { throw .noBatch(id) }
            AnthropicBatchFormat.write(batch, host: host, to: &body)
        case .cancel(let id):
            guard let batch = batches.withLock({ $0.withAnthropic(id) { $0.cancel(at: moment) } }) else { throw .noBatch(id) }
            AnthropicBatchFormat.write(batch, host: host, to: &body)
        case .results(let id):
            guard let batch = batches.withLock({ $0.withAnthropic(id) }) else { throw .noBatch(id) }
            guard batch.endedAt != nil else { throw .notFound("Results are not available while the batch is in progress") }
            AnthropicBatchFormat.writeResults(batch, to: &body)
            return "application/x-jsonl"
        case .uploadFile, .file, .fileContent: throw .noBatch("")
        }
        return "application/json"
    }

    private var batchDuration: Duration { .nanoseconds(Int64(options.batchSeconds * 1e9)) }
}

extension Batch.Moment {
    init(_ now: NIODeadline) {
        self.init(nanoseconds: Int64(clamping: now.uptimeNanoseconds), seconds: time(nil))
    }
}

extension APIError {
    fileprivate static func noBatch(_ id: Substring) -> APIError { .notFound("No batch found with id '\(id)'.") }

    fileprivate static func notFound(_ message: String) -> APIError { APIError(.notFound, message: message) }
}
