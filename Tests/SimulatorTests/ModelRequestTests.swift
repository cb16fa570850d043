import Testing

@testable import Simulator

@Suite struct ModelRequestTests {
    @Test func readsAChat() throws {
        let request = try read(
            .chat,
            #"""
            {"model":"m\u0031","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"say \"hé\"\n"}],
             "max_tokens":9,"max_completion_tokens":7,"stream":true,"stream_options":{"include_usage":true},"n":1,"temperature":0}
            """#)
        #expect(request.model == #""m\u0031""#)
        #expect(request.digest == Fingerprint.digest("say \"hé\"\n".utf8))
        #expect(request.outputLimit == 7 && request.isStreamed && request.includesUsage)
        #expect(request.promptTokens == 20)
    }

    @Test func nullStandsForNotGiven() throws {
        let request = try read(
            .completion,
            #"{"model":"m","prompt":"p","max_tokens":null,"stream":null,"stream_options":null,"n":null}"#)
        #expect(request.outputLimit == nil && !request.isStreamed && !request.includesUsage)
    }

    @Test func promptsAreToldApartByTheirBytesAndNothingElse() throws {
        let chat = #""messages":[{"role":"user","content":"a"}]"#
        let first = try read(.chat, #"{"model":"m",\#(chat)}"#)
        let second = try read(.chat, #"{\#(chat),"model":"other","max_tokens":5,"stream":true}"#)
        let third = try read(.chat, #"{"model":"m","messages":[{"role":"user","content":"b"}]}"#)
        #expect(first.fingerprint == second.fingerprint)
        #expect(first.fingerprint != third.fingerprint)
        let completion = try read(.completion, #"{"model":"m","prompt":"a"}"#)
        #expect(completion.fingerprint != (try read(.embedding, #"{"model":"m","input":"a"}"#)).fingerprint)
    }

    @Test(arguments: [
        ("[latency 60000] hello", 60_000), ("say [this] and [latency 5]", 5), ("[latency 0]", 0), ("[latency 3600000]", 3_600_000),
        ("[latency 3600001]", nil), ("[latency x] [latency 5]", 5), ("[latency ]", nil), ("[latency 5", nil), ("latency 5]", nil),
        ("[latency 99999999999999999999]", nil), ("[", nil), ("hello", nil),
    ])
    func readsTheLatencyThatAPromptAsksFor(_ text: String, _ milliseconds: Int?) throws {
        let messages = #"[{"role":"user","content":"[latency 9]"},{"role":"user","content":"\#(text)"}]"#
        #expect(try read(.chat, #"{"model":"m","messages":\#(messages)}"#).requestedLatency == milliseconds)
        #expect(try read(.completion, #"{"model":"m","prompt":"\#(text)"}"#).requestedLatency == milliseconds)
    }

    @Test(arguments: [
        (#""a""#, 1), (#"["a","b"]"#, 2), ("[1,2,3]", 1), ("[[1,2],[3]]", 2),
    ])
    func readsEveryFormOfInput(_ input: String, _ count: Int) throws {
        let request = try read(.embedding, #"{"model":"m","input":\#(input),"dimensions":3,"encoding_format":"base64"}"#)
        #expect(request.inputs.count == count && Set(request.inputs).count == count)
        #expect(request.dimensions == 3 && request.isBase64)
    }

    @Test(
        arguments: [
            (#"{"model":"m","#, nil, nil),
            ("[]", nil, nil),
            (#"{"model":"m","messages":[{"role":"user","content":"a"}]} x"#, nil, nil),
            (#"{"messages":[{"role":"user","content":"a"}]}"#, nil, nil),
            (#"{"model":"m"}"#, "messages", "missing_required_parameter"),
            (#"{"model":"m","messages":"a"}"#, "messages", "invalid_type"),
            (#"{"model":"m","messages":[]}"#, "messages", "empty_array"),
            (#"{"model":"m","messages":["a"]}"#, "messages", "invalid_type"),
            (#"{"model":"m","messages":[{"content":"a"}]}"#, "messages[].role", "missing_required_parameter"),
            (#"{"model":1,"messages":[{"role":"user"}]}"#, "model", "invalid_type"),
            (#"{"model":"m","messages":[{"role":"user"}],"max_tokens":0}"#, "max_tokens", "invalid_value"),
            (#"{"model":"m","messages":[{"role":"user"}],"max_tokens":1.5}"#, "max_tokens", "invalid_type"),
            (#"{"model":"m","messages":[{"role":"user"}],"max_completion_tokens":"1"}"#, "max_completion_tokens", "invalid_type"),
            (#"{"model":"m","messages":[{"role":"user"}],"n":2}"#, "n", "invalid_value"),
            (#"{"model":"m","messages":[{"role":"user"}],"stream":1}"#, "stream", "invalid_type"),
            (#"{"model":"m","messages":[{"role":"user"}],"stream_options":1}"#, "stream_options", "invalid_type"),
        ] as [(String, String?, String?)])
    func refusesAChatThatIsNotInOrder(_ body: String, _ parameter: String?, _ code: String?) {
        refuses(.chat, body, parameter, code)
    }

    @Test(arguments: [
        (#"{"model":"m","input":{}}"#, "input", "invalid_type"),
        (#"{"model":"m","input":[]}"#, "input", "invalid_value"),
        (#"{"model":"m","input":[{}]}"#, "input", "invalid_type"),
        (#"{"model":"m","input":"a","dimensions":5000}"#, "dimensions", "invalid_value"),
        (#"{"model":"m","input":"a","encoding_format":"int8"}"#, "encoding_format", "invalid_value"),
    ])
    func refusesEmbeddingsThatAreNotInOrder(_ body: String, _ parameter: String, _ code: String) {
        refuses(.embedding, body, parameter, code)
    }

    @Test func refusesSeveralPrompts() {
        refuses(.completion, #"{"model":"m","prompt":["a","b"]}"#, "prompt", "invalid_value")
    }

    @Test(arguments: Wire.allCases) func survivesDamagedBodies(_ wire: Wire) {
        var random = Seeds.stream()
        let whole = Array(wire.everything.utf8)
        for _ in 0..<10_000 {
            var bytes = whole
            for _ in 0...(random.next() % 3) { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
            bytes.removeLast(Int(random.next() % 4))
            for endpoint in [Endpoint.chat, .completion, .embedding] {
                do throws(APIError) {
                    _ = try read(endpoint, bytes, wire.dialect)
                } catch {
                    #expect(wire.dialect.status(error) == 400)
                }
            }
        }
    }

    private func read(_ endpoint: Endpoint, _ body: String) throws(APIError) -> ModelRequest {
        try read(endpoint, Array(body.utf8))
    }

    private func read(
        _ endpoint: Endpoint, _ body: [UInt8], _ dialect: any Dialect = OpenAIDialect()
    ) throws(APIError) -> ModelRequest {
        try body.withUnsafeBytes { bytes in
            Result { () throws(APIError) in try ModelRequest(endpoint, dialect: dialect, body: bytes) }
        }.get()
    }

    private func refuses(_ endpoint: Endpoint, _ body: String, _ parameter: String?, _ code: String?) {
        let error = #expect(throws: APIError.self) { try read(endpoint, body) }
        #expect(error?.kind == .invalidRequest)
        #expect(error?.parameter?.description == parameter && error?.code?.description == code, "\(error?.message ?? "")")
    }
}
