import Envelope
import Foundation
import Providers
import Testing

/// Bodies as the Gemini API sends them, and what its tests have in common.
enum GeminiFixtures {
    static let format = GeminiFormat()

    /// The shape of https://ai.google.dev/api/generate-content, printed as the API prints it.
    static let answer = """
        {
          "candidates": [
            {
              "content": {
                "parts": [
                  {
                    "text": "The capital is \\u00abParis\\u00bb.\\n"
                  }
                ],
                "role": "model"
              },
              "finishReason": "STOP",
              "index": 0,
              "avgLogprobs": -0.0021
            }
          ],
          "usageMetadata": {
            "promptTokenCount": 8,
            "candidatesTokenCount": 5,
            "totalTokenCount": 62,
            "cachedContentTokenCount": 3,
            "toolUsePromptTokenCount": 4,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}],
            "thoughtsTokenCount": 45
          },
          "modelVersion": "gemini-3-pro-preview",
          "responseId": "mAitaLmkHPPlz7IPvtfUqQ4"
        }
        """

    static func candidate(_ parts: String, finish: String? = "STOP", more: String = "") -> String {
        let reason = finish.map { #","finishReason":"\#($0)""# } ?? ""
        return
            #"{"candidates":[{"content":{"parts":[\#(parts)],"role":"model"}\#(reason),"index":0\#(more)}],"modelVersion":"gemini-2.5-flash"}"#
    }

    static func error(_ code: Int, _ status: String, _ message: String, details: String = "") -> String {
        #"{"error":{"code":\#(code),"message":"\#(message)","status":"\#(status)","details":[\#(details)]}}"#
    }

    static let retryInfo = #"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"37s"}"#

    static func quotaFailure(_ quota: String) -> String {
        #"""
        {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_content_free_tier_requests","quotaId":"\#(quota)","quotaDimensions":{"location":"global","model":"gemini-2.5-flash"},"quotaValue":"250"}]},{"@type":"type.googleapis.com/google.rpc.Help","links":[{"description":"Learn more about Gemini API quotas","url":"https://ai.google.dev/gemini-api/docs/rate-limits"}]}
        """#
    }

    /// Calls of an assistant's message.
    static let calls = #"""
        [{"id":"c1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"\u00c5\", \"n\":{}}"},
        "extra_content":{"google":{"thought_signature":"c2ln+/=="}}},
        {"id":"c2","type":"function","function":{"name":"time","arguments":""}}]
        """#

    /// The body for an envelope of which the model is left out, parsed.
    static func body(_ members: String, model: String = "gemini-2.5-flash", maxTokens: Int? = nil) throws -> NSDictionary {
        let text = try ProvidersTests.body(format, "{\"id\":\"a\",\(members)}", model: model, maxTokens: maxTokens)
        return try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary)
    }

    /// The body for a question with further members.
    static func asked(_ members: String, model: String = "gemini-2.5-flash", maxTokens: Int? = nil) throws -> NSDictionary {
        try body(#""messages":[{"role":"user","content":"Q"}],\#(members)"#, model: model, maxTokens: maxTokens)
    }

    /// The `contents` for these messages.
    static func contents(_ messages: String) throws -> NSArray? {
        try body(#""messages":[\#(messages)]"#)["contents"] as? NSArray
    }

    static func refusal(_ members: String, model: String = "gemini-2.5-flash") -> ProviderError? {
        #expect(throws: ProviderError.self) { try body(members, model: model) }
    }

    static func json(_ text: String) throws -> NSObject? {
        try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed) as? NSObject
    }
}
