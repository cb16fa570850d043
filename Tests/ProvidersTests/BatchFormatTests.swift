import Envelope
import Providers
import Testing

/// The bodies are those of the providers' documentation.
@Suite struct BatchFormatTests {
    private func written(_ format: any BatchFormat, _ bodies: [String], _ type: RequestType = .chat) -> String {
        var writer = ByteWriter()
        format.open("b1", into: &writer)
        for (number, body) in bodies.enumerated() {
            Array(body.utf8).withUnsafeBytes { format.append($0, named: "b1-\(number)", type, isFirst: number == 0, into: &writer) }
        }
        format.close("b1", into: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func batch(_ format: any BatchFormat, _ text: String) throws -> ProviderBatch {
        try Array(text.utf8).withUnsafeBytes { bytes throws(ProviderError) in try format.readBatch(bytes) }
    }

    private func page(_ format: any BatchFormat, _ text: String) throws -> ProviderBatch.Page {
        try Array(text.utf8).withUnsafeBytes { bytes throws(ProviderError) in try format.readPage(bytes) }
    }

    /// A result, and the body in it.
    private func result(_ format: any BatchFormat, _ line: String) throws -> (BatchResult, String) {
        let bytes = Array(line.utf8)
        let result = try bytes.withUnsafeBytes { bytes throws(ProviderError) in try format.readResult(bytes) }
        guard case .response(_, let body) = result.outcome else { return (result, "") }
        return (result, String(decoding: bytes[body.start..<body.end], as: UTF8.self))
    }

    private func status(of result: BatchResult) -> Int? {
        if case .response(let status, _) = result.outcome { status } else { nil }
    }

    // MARK: OpenAI

    @Test func writesAFormWithAFileOfLines() {
        let text = written(OpenAIBatch(), ["{\"model\":\"m\",\n \"messages\":[]}", #"{"model":"m","messages":[{"content":"a\nb"}]}"#])
        let head =
            "--switchyard-b1\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--switchyard-b1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b1.jsonl\"\r\nContent-Type: application/jsonl\r\n\r\n"
        let lines =
            #"{"custom_id":"b1-0","method":"POST","url":"/v1/chat/completions","body":{"model":"m",  "messages":[]}}"# + "\n"
            + #"{"custom_id":"b1-1","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"content":"a\nb"}]}}"#
            + "\n"
        #expect(text == head + lines + "\r\n--switchyard-b1--\r\n")
        #expect(OpenAIBatch().contentType(of: "b1") == "multipart/form-data; boundary=switchyard-b1")
        #expect(written(OpenAIBatch(), ["{}"], .embedding).contains(#""url":"/v1/embeddings""#))
    }

    @Test func createsABatchWithItsNameInTheMetadata() {
        let call = OpenAIBatch().create("b1", .chat, file: "file-abc123")
        #expect(call.path == "/batches")
        #expect(
            call.body
                == #"{"input_file_id":"file-abc123","endpoint":"/v1/chat/completions","completion_window":"24h","metadata":{"switchyard":"b1"}}"#
        )
        #expect(OpenAIBatch().list(after: "batch_x").path == "/batches?limit=100&after=batch_x")
        #expect(OpenAIBatch().look("../evil?x").path == "/batches/evilx")
    }

    @Test func readsOpenAIsBatches() throws {
        let text = #"""
            {"id":"batch_abc123","object":"batch","endpoint":"/v1/chat/completions","errors":null,"input_file_id":"file-abc123",
             "completion_window":"24h","status":"STATUS","output_file_id":"file-cvaTdG","error_file_id":"file-HOWS94","created_at":1711471533,
             "request_counts":{"total":100,"completed":95,"failed":5},"metadata":{"switchyard":"b1","other":"x"}}
            """#
        let completed = try batch(OpenAIBatch(), text.replacing("STATUS", with: "completed"))
        #expect(
            completed
                == ProviderBatch(
                    id: "batch_abc123", state: .ended, name: "b1", created: 1_711_471_533_000, count: 100,
                    results: ["/files/file-cvaTdG/content", "/files/file-HOWS94/content"]))
        for status in ["validating", "in_progress", "finalizing", "cancelling", "something_new"] {
            #expect(try batch(OpenAIBatch(), text.replacing("STATUS", with: status)).state == .running)
        }
        for status in ["expired", "cancelled"] { #expect(try batch(OpenAIBatch(), text.replacing("STATUS", with: status)).state == .ended) }
        let failed =
            #"{"id":"b","status":"failed","errors":{"object":"list","data":[{"code":"token_limit_exceeded","message":"Enqueued"}]}}"#
        #expect(try batch(OpenAIBatch(), failed).state == .refused(code: "token_limit_exceeded", reason: "Enqueued"))
        #expect(try batch(OpenAIBatch(), failed).name == nil)
    }

    @Test func readsOpenAIsPages() throws {
        let first = try page(
            OpenAIBatch(), #"{"object":"list","data":[{"id":"a","status":"completed"},{"id":"b"}],"last_id":"b","has_more":true}"#)
        #expect(first.batches.map(\.id) == ["a", "b"])
        #expect(first.next == "b")
        #expect(try page(OpenAIBatch(), #"{"data":[{"id":"a"}],"has_more":false}"#).next == nil)
        #expect(throws: ProviderError.self) { try page(OpenAIBatch(), "{}") }
    }

    @Test func readsOpenAIsResults() throws {
        let (answer, body) = try result(
            OpenAIBatch(),
            #"{"id":"batch_req_wnaDys","custom_id":"b1-2","response":{"status_code":200,"request_id":"req_c187b3","body":{"id":"chatcmpl-9758Iw"}},"error":null}"#
        )
        #expect(answer.name == "b1-2")
        #expect(body == #"{"id":"chatcmpl-9758Iw"}"#)
        let (failed, error) = try result(
            OpenAIBatch(), #"{"custom_id":"b1-3","response":{"status_code":400,"body":{"error":{"message":"no"}}},"error":null}"#)
        #expect(status(of: failed) == 400)
        #expect(error == #"{"error":{"message":"no"}}"#)
        let expired =
            #"{"id":"batch_req_123","custom_id":"b1-4","response":null,"error":{"code":"batch_expired","message":"This request could not be executed before the completion window expired."}}"#
        #expect(try result(OpenAIBatch(), expired).0 == BatchResult(name: "b1-4", outcome: .expired))
        #expect(try result(OpenAIBatch(), expired.replacing("batch_expired", with: "batch_cancelled")).0.outcome == .cancelled)
        #expect(try result(OpenAIBatch(), expired.replacing("batch_expired", with: "odd")).0.outcome != .expired)
        for line in ["", "nonsense", "{}", #"{"custom_id":1}"#] { #expect(throws: ProviderError.self) { try result(OpenAIBatch(), line) } }
    }

    // MARK: Anthropic

    @Test func writesOneObjectOfRequests() {
        #expect(
            written(AnthropicBatch(), [#"{"model":"m"}"#, "{}"])
                == #"{"requests":[{"custom_id":"b1-0","params":{"model":"m"}},{"custom_id":"b1-1","params":{}}]}"#)
        #expect(AnthropicBatch().upload == nil)
        #expect(AnthropicBatch().create("b1", .chat, file: nil) == BatchCall(.post, "/messages/batches"))
        #expect(AnthropicBatch().list(after: "msgbatch_1").path == "/messages/batches?limit=100&after_id=msgbatch_1")
    }

    @Test func readsAnthropicsBatches() throws {
        let text = #"""
            {"id":"msgbatch_013Zva2CMHLNnXjNJJKqJ2EF","archived_at":null,"created_at":"2024-08-20T18:37:24.100435Z","ended_at":null,
             "processing_status":"STATUS","request_counts":{"canceled":10,"errored":30,"expired":10,"processing":100,"succeeded":50},
             "results_url":null,"type":"message_batch"}
            """#
        let ended = try batch(AnthropicBatch(), text.replacing("STATUS", with: "ended"))
        #expect(ended.state == .ended)
        #expect(ended.count == 200)
        #expect(ended.created == 1_724_179_044_100)
        #expect(ended.results == ["/messages/batches/msgbatch_013Zva2CMHLNnXjNJJKqJ2EF/results"])
        for status in ["in_progress", "canceling"] {
            let batch = try batch(AnthropicBatch(), text.replacing("STATUS", with: status))
            #expect(batch.state == .running)
            #expect(batch.results.isEmpty)
        }
        let page = try page(AnthropicBatch(), #"{"data":[{"id":"a"}],"first_id":"a","has_more":true,"last_id":"z"}"#)
        #expect(page.next == "z")
    }

    @Test func readsAnthropicsResults() throws {
        let (answer, body) = try result(
            AnthropicBatch(), #"{"custom_id":"b1-0","result":{"type":"succeeded","message":{"id":"msg_014","role":"assistant"}}}"#)
        #expect(status(of: answer) == 200)
        #expect(body == #"{"id":"msg_014","role":"assistant"}"#)
        for (type, status) in [
            ("invalid_request_error", 400), ("authentication_error", 401), ("billing_error", 402), ("permission_error", 403),
            ("not_found_error", 404), ("request_too_large", 413), ("rate_limit_error", 429), ("timeout_error", 504),
            ("overloaded_error", 529), ("api_error", 500),
        ] {
            let error = #"{"type":"error","error":{"type":"\#(type)","message":"no"}}"#
            let (failed, body) = try result(AnthropicBatch(), #"{"custom_id":"b1-1","result":{"type":"errored","error":\#(error)}}"#)
            #expect(self.status(of: failed) == status)
            #expect(body == error)
        }
        #expect(try result(AnthropicBatch(), #"{"custom_id":"x","result":{"type":"expired"}}"#).0.outcome == .expired)
        #expect(try result(AnthropicBatch(), #"{"custom_id":"x","result":{"type":"canceled"}}"#).0.outcome == .cancelled)
        #expect(throws: ProviderError.self) { try result(AnthropicBatch(), #"{"custom_id":"x"}"#) }
    }

    @Test func twoFormatsHaveBatches() {
        #expect(Set(WireFormats.all.filter { $0.batch != nil }.map(\.name)) == ["openai", "anthropic"])
    }

    @Test func aResultKeepsItsBody() throws {
        var writer = ByteWriter()
        writer.append(#"{"choices":[{"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}]}"#)
        let body = WrittenBytes(writer)
        let result = try OpenAIFormat().decodeAnswer(.chat, body.bytes)
        #expect(result.written == nil)
        #expect(result.owning(body).written === body)
    }
}
