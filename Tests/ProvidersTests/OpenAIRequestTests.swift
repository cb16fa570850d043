import Envelope
import Foundation
import Providers
import Testing

@Suite struct OpenAIRequestTests {
    private func body(_ message: String, model: String = "gpt-4o-mini") throws -> String {
        try ProvidersTests.body(OpenAIFormat(), message, model: model)
    }

    @Test func copiesThePayloadByteForByte() throws {
        let message = #"""
            {"id":"a","model":"alias","tenant":"t","metadata":{"row":1},"temperature" : 0.70,"messages":[{"role":"user","content":"\u00e9é😀"}],"extra":{"top_k":40}}
            """#
        #expect(
            try body(message)
                == #"{"model":"gpt-4o-mini","temperature" : 0.70,"messages":[{"role":"user","content":"\u00e9é😀"}],"top_k":40}"#)
    }

    @Test func writesCompletionsEmbeddingsAndBatchLines() throws {
        #expect(try body(#"{"id":"a","prompt":"x","n":2}"#) == #"{"model":"gpt-4o-mini","prompt":"x","n":2}"#)
        #expect(try body(#"{"id":"a","input":["x","y"]}"#) == #"{"model":"gpt-4o-mini","input":["x","y"]}"#)
        let line =
            #"{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"model":"m","input":"x","dimensions":2,"unknown":true}}"#
        #expect(try body(line) == #"{"model":"gpt-4o-mini","input":"x","dimensions":2,"unknown":true}"#)
    }

    @Test func escapesTheModelsName() throws {
        let written = try body(#"{"id":"a","prompt":"x"}"#, model: "a\"b\n")
        #expect(written == #"{"model":"a\"b\n","prompt":"x"}"#)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(written.utf8)) }
    }

    @Test func namesPathsAndHeaders() {
        let format = WireFormats.named("openai")
        #expect(
            RequestType.allCases.map { format?.path(for: $0, isStreamed: false)?.description } == [
                "/chat/completions", "/completions", "/embeddings",
            ])
        #expect(
            format?.headers(key: "k", organization: "o") == [
                HTTPField(name: "content-type", value: "application/json"), HTTPField(name: "authorization", value: "Bearer k"),
                HTTPField(name: "openai-organization", value: "o"),
            ])
        #expect(format?.headers(key: nil, organization: "").map(\.name) == ["content-type"])
    }
}
