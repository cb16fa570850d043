import Envelope
import Foundation
import Providers
import Testing

@Suite struct OpenAIRequestTests {
    private func body(_ message: String, model: String = "gpt-4o-mini") throws -> String {
        try withBytes(message) { (bytes) throws in
            let request = try RequestDecoder.decode(bytes)
            var writer = ByteWriter()
            ProviderAdapter.openAI.writeBody(request, bytes: bytes, model: model, into: &writer)
            return String(decoding: writer.bytes, as: UTF8.self)
        }
    }

    @Test func copiesThePayloadByteForByte() throws {
        let message = #"""
            {"id":"a","model":"alias","tenant":"t","stream":true,"metadata":{"row":1},"temperature" : 0.70,"messages":[{"role":"user","content":"\u00e9é😀"}],"extra":{"top_k":40}}
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
        let adapter = ProviderAdapter(rawValue: "openai")
        #expect(RequestType.allCases.map { adapter?.path(for: $0).description } == ["/chat/completions", "/completions", "/embeddings"])
        #expect(
            adapter?.headers(key: "k", organization: "o") == [
                HTTPField(name: "content-type", value: "application/json"), HTTPField(name: "authorization", value: "Bearer k"),
                HTTPField(name: "openai-organization", value: "o"),
            ])
        #expect(adapter?.headers(key: nil, organization: "").map(\.name) == ["content-type"])
    }
}
