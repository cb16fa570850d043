import Envelope
import Testing

@Suite struct ResponseEnvelopeTests {
    private let id = #""q\u00e91""#
    private let metadata = #"{"row": 1}"#
    private let attempt = Attempt(provider: "openai", model: "gpt-4o-mini", status: 200, milliseconds: 412)
    private let timings = Timings(queued: 3, limited: 0, provider: 412, total: 416.25)

    /// The text of a response whose content stands in `body`.
    private func response(_ body: String, _ make: (UnsafeRawBufferPointer) -> ResponseSuccess, type: RequestType = .chat) -> String {
        envelope(type: type, body: body) { .success(make($0)) }
    }

    private func envelope(
        type: RequestType?, body: String = "", attempts: [Attempt]? = nil, metadata: String? = nil,
        _ outcome: (UnsafeRawBufferPointer) -> ResponseEnvelope.Outcome
    ) -> String {
        withBytes(Array(id.utf8)) { id in
            withBytes(Array((metadata ?? "").utf8)) { metadataBytes in
                withBytes(Array(body.utf8)) { body in
                    written {
                        ResponseEnvelope(
                            id: id, type: type, outcome: outcome(body), attempts: attempts ?? [attempt], timings: timings,
                            metadata: metadata == nil ? nil : metadataBytes
                        ).write(into: &$0)
                    }
                }
            }
        }
    }

    @Test func writesAMessageUnchanged() throws {
        let body = #"{"role":"assistant","content":"a\u00e9" , "tool_calls":[]}"stop""#
        let text = envelope(type: .chat, body: body, metadata: metadata) { bytes in
            .success(
                ResponseSuccess(
                    provider: "open\"ai", model: "gpt-4o-mini", body: bytes,
                    content: .message(ByteRange(start: 0, end: body.utf8.count - 6), choices: nil),
                    finishReason: ByteRange(start: body.utf8.count - 6, end: body.utf8.count),
                    usage: Usage(input: 12, output: 34, cached: 5, reasoning: 6),
                    cost: 0.000123, cache: .miss))
        }
        #expect(
            text == #"{"version":1,"id":"q\u00e91","type":"chat","status":"ok","provider":"open\"ai","model":"gpt-4o-mini","#
                + #""message":{"role":"assistant","content":"a\u00e9" , "tool_calls":[]},"finish_reason":"stop","#
                + #""usage":{"input":12,"output":34,"cached":5,"cache_write":0,"reasoning":6},"cost":0.000123,"#
                + #""attempts":[{"provider":"openai","model":"gpt-4o-mini","status":200,"ms":412}],"cache":"miss","#
                + #""timings":{"queued":3,"limited":0,"provider":412,"total":416.25},"metadata":{"row": 1}}"#)
        #expect(throws: Never.self) { try foundation(text) }
    }

    @Test func writesChoicesTextAndWhatIsUnknown() throws {
        let text = response(#""x\n"[1,2]"#) { bytes in
            ResponseSuccess(
                provider: "p", model: "m", body: bytes, content: .text(ByteRange(start: 0, end: 5), choices: ByteRange(start: 5, end: 10)),
                finishReason: nil, usage: nil, cost: nil)
        }
        #expect(
            text.contains(
                #""message":{"role":"assistant","content":"x\n"},"choices":[1,2],"finish_reason":null,"usage":null,"cost":null,"attempts""#)
        )
        #expect(text.contains(#""cache":"none","timings""#))
        #expect(throws: Never.self) { try foundation(text) }
    }

    @Test func writesEmbeddings() throws {
        let body = #"[0.1,2][3]"QUJD""#
        let ranges = [ByteRange(start: 0, end: 7), ByteRange(start: 7, end: 10), ByteRange(start: 10, end: 16)]
        let text = response(
            body,
            { bytes in
                ResponseSuccess(
                    provider: "p", model: "m", body: bytes, content: .embeddings(ranges), finishReason: nil, usage: nil, cost: 0)
            }, type: .embedding)
        #expect(
            text.contains(
                #""type":"embedding","status":"ok","provider":"p","model":"m","embeddings":[[0.1,2],[3],"QUJD"],"finish_reason":null"#))
        #expect(!text.contains("message"))
        #expect(throws: Never.self) { try foundation(text) }
    }

    @Test func writesErrors() throws {
        let attempts = [
            attempt, Attempt(provider: "openai", model: "m", status: nil, milliseconds: 1.5, error: .timeout),
        ]
        let text = envelope(type: .chat, attempts: attempts, metadata: metadata) { _ in
            .failure(code: .rateLimited, message: "wait \"a\" bit\n", retryable: true)
        }
        #expect(
            text
                == #"{"version":1,"id":"q\u00e91","type":"chat","status":"error","error":{"code":"rate_limited","message":"wait \"a\" bit\n","retryable":true},"#
                + #""attempts":[{"provider":"openai","model":"gpt-4o-mini","status":200,"ms":412},"#
                + #"{"provider":"openai","model":"m","status":null,"ms":1.5,"error":"timeout"}],"#
                + #""timings":{"queued":3,"limited":0,"provider":412,"total":416.25},"metadata":{"row": 1}}"#)
        #expect(throws: Never.self) { try foundation(text) }
    }

    @Test func leavesOutATypeThatIsNotKnown() {
        let text = envelope(type: nil, attempts: []) { _ in .failure(code: .invalidRequest, message: "", retryable: false) }
        #expect(text.hasPrefix(#"{"version":1,"id":"q\u00e91","status":"error","#))
        #expect(text.contains(#""attempts":[],"#))
        #expect(!text.contains("metadata"))
    }
}
