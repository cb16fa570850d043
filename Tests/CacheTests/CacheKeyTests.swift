import Envelope
import Testing

@testable import Cache

@Suite struct CacheKeyTests {
    private func key(
        _ fields: String, tenant: String? = nil, provider: String = "openai", model: String = "m", maxTokens: Int? = nil,
        _ plan: CachePlan = .forTests()
    ) throws -> CacheKey {
        let tenant = tenant.map { #""tenant":"\#($0)","# } ?? ""
        return try Array(#"{"id":"\#(UInt64.random(in: 0 ... .max))",\#(tenant)\#(fields)}"#.utf8).withUnsafeBytes { bytes in
            let request = try RequestDecoder.decode(bytes)
            return plan.key(of: request, in: bytes, provider: provider, model: model, maxTokens: maxTokens)
        }
    }

    private static let chat = #""messages":[{"role":"user","content":"hé \"1\""}],"temperature":0"#

    @Test(arguments: [
        #""temperature":0,"messages":[{"role":"user","content":"hé \"1\""}]"#,
        #" "messages" : [ { "content" : "h\u00e9 \u00221\"" , "role" : "user" } ] , "temperature" : 0.0 "#,
        #""messages":[{"role":"user","content":"hé \"1\""}],"temperature":0e5,"n":1,"presence_penalty":0.0,"stop":null,"tools":[]"#,
        #""messages":[{"role":"user","content":"hé \"1\""}],"temperature":-0.0,"top_p":1,"tool_choice":"auto","service_tier":"flex""#,
        #""messages":[{"role":"user","content":"hé \"1\""}],"temperature":0,"stream":true,"priority":9,"metadata":{"a":1},"cache":true"#,
        #""messages":[{"role":"user","content":"hé \"1\""}],"temperature":0,"response_format":{"type":"text"},"logprobs":false"#,
    ]) func whatMeansTheSameHasOneKey(_ fields: String) throws {
        #expect(try key(fields) == key(Self.chat))
    }

    @Test(arguments: [
        #""messages":[{"role":"user","content":"hé \"2\""}],"temperature":0"#,
        #""messages":[{"role":"system","content":"hé \"1\""}],"temperature":0"#,
        #""messages":[{"role":"user","content":"hé \"1\""}],"temperature":1"#,
        #""messages":[{"role":"user","content":"hé \"1\""}]"#,
        #""messages":[{"role":"user","content":"hé \"1\""}],"temperature":0,"max_tokens":10"#,
        #""messages":[{"role":"user","content":"hé \"1\""}],"temperature":0,"seed":1"#,
        #""messages":[{"role":"user","content":"hé \"1\""}],"temperature":0,"n":2"#,
        #""messages":[{"role":"user","content":"hé \"1\""}],"temperature":0,"extra":{"top_a":1}"#,
        #""messages":[{"role":"user","content":"hé \"1\""}],"temperature":0,"user":"u""#,
        #""type":"completion","prompt":"hé \"1\"","temperature":0"#,
    ]) func whatDiffersHasAnother(_ fields: String) throws {
        #expect(try key(fields) != key(Self.chat))
    }

    @Test func theOrderOfElementsCounts() throws {
        #expect(try key(#""type":"embedding","input":["a","b"]"#) != key(#""type":"embedding","input":["b","a"]"#))
    }

    @Test func providersModelsTenantsAndDefaultsOfModelsCount() throws {
        let plain = try key(Self.chat)
        #expect(try key(Self.chat, provider: "other") != plain)
        #expect(try key(Self.chat, model: "other") != plain)
        #expect(try key(Self.chat, maxTokens: 10) != plain)
        #expect(try key(Self.chat, tenant: "acme") != plain)
        let shared = CachePlan.forTests(isSharedByTenants: true)
        #expect(try key(Self.chat, tenant: "acme", shared) == key(Self.chat, tenant: "other", shared))
        let ownLimit = Self.chat + #","max_tokens":5"#
        #expect(try key(ownLimit, maxTokens: 10) == key(ownLimit, maxTokens: 20))
    }

    /// Servers that speak as OpenAI does have defaults of their own.
    @Test func onlyWhereOneIsTheDefaultItGoesWithoutSaying() throws {
        let (plain, one) = (#""messages":[{"role":"user","content":"x"}]"#, #""messages":[{"role":"user","content":"x"}],"temperature":1"#)
        #expect(try key(plain) == key(one))
        #expect(try key(plain, provider: "local") != key(one, provider: "local"))
    }

    @Test func numbersAndNestedObjectsHaveOneForm() throws {
        func tool(_ schema: String) -> String {
            #""messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":\#(schema)}}]"#
        }
        #expect(try key(tool(#"{"type":"object","minimum":100}"#)) == key(tool(#"{ "minimum": 1e2, "type": "object" }"#)))
        #expect(try key(tool(#"{"a":12345678901234567890}"#)) == key(tool(#"{"a":1.234567890123456789e19}"#)))
        #expect(try key(tool(#"{"a":9007199254740993}"#)) != key(tool(#"{"a":9007199254740992}"#)))
        #expect(try key(tool(#"{"a":null}"#)) != key(tool(#"{}"#)))
        #expect(try key(tool(#"{"a":{"b":1}}"#)) != key(tool(#"{"a":{},"b":1}"#)))
    }

    @Test(arguments: [
        (#""messages":[{"role":"user","content":"x"}]"#, false, true),
        (#""messages":[{"role":"user","content":"x"}],"temperature":0"#, true, true),
        (#""messages":[{"role":"user","content":"x"}],"temperature":0,"cache":false"#, false, false),
        (#""messages":[{"role":"user","content":"x"}],"cache":true"#, true, true),
        (#""messages":[{"role":"user","content":"x"}],"cache":{"ttl_s":5}"#, true, true),
        (#""messages":[{"role":"user","content":"x"}],"cache":{"mode":"refresh"}"#, true, true),
        (#""type":"embedding","input":"x""#, true, true),
    ]) func onlyWhatIsTheSameEachTimeOrAskedForIsCached(_ fields: String, _ isCached: Bool, _ isCachedWithAll: Bool) throws {
        try Array(#"{"id":"1",\#(fields)}"#.utf8).withUnsafeBytes { bytes in
            let request = try RequestDecoder.decode(bytes)
            #expect(CachePlan.forTests().isFor(request, in: bytes) == isCached)
            #expect(CachePlan.forTests(isForAll: true).isFor(request, in: bytes) == isCachedWithAll)
        }
    }
}
