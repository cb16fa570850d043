import Foundation

@testable import Simulator

/// The five formats, each with a small client of its own for tests.
enum Wire: CaseIterable {
    case openAI
    case cerebras
    case anthropic
    case gemini
    case cohere

    var dialect: any Dialect {
        switch self {
        case .openAI: OpenAIDialect()
        case .cerebras: OpenAIDialect(flavour: .cerebras)
        case .anthropic: AnthropicDialect()
        case .gemini: GeminiDialect()
        case .cohere: CohereDialect()
        }
    }

    // MARK: Requests

    /// - Parameter more: further members of the body, each with a comma before it.
    func ask(
        _ connection: HTTPConnection, _ text: String, _ more: String = "", isStreamed: Bool = false, key: String = "k"
    ) throws -> HTTPConnection.Answer? {
        send(connection, text, more, isStreamed: isStreamed, key: key)
        return try connection.readAnswer()
    }

    func send(_ connection: HTTPConnection, _ text: String, _ more: String = "", isStreamed: Bool = false, key: String = "k") {
        let content = "\"messages\":[{\"role\":\"user\",\"content\":\"\(text)\"}]\(isStreamed ? ",\"stream\":true" : "")\(more)"
        switch self {
        case .openAI: post(connection, "/v1/chat/completions", "{\"model\":\"m\",\(content)}", ["authorization: Bearer \(key)"])
        case .cerebras: post(connection, "/cerebras/v1/chat/completions", "{\"model\":\"m\",\(content)}", ["authorization: Bearer \(key)"])
        case .cohere: post(connection, "/v2/chat", "{\"model\":\"m\",\(content)}", ["authorization: Bearer \(key)"])
        case .anthropic:
            let headers = ["x-api-key: \(key)", "anthropic-version: 2023-06-01"]
            post(connection, "/v1/messages", "{\"model\":\"m\",\"max_tokens\":1000000,\(content)}", headers)
        case .gemini:
            let path = "/v1beta/models/m:\(isStreamed ? "streamGenerateContent?alt=sse" : "generateContent")"
            post(connection, path, "{\"contents\":[{\"parts\":[{\"text\":\"\(text)\"}]}]\(more)}", ["x-goog-api-key: \(key)"])
        }
    }

    private func post(_ connection: HTTPConnection, _ path: String, _ body: String, _ headers: [String]) {
        connection.send(HTTPConnection.text("POST", path, body, headers: headers))
    }

    /// Members that ask for JSON of a schema.
    func form(_ schema: String) -> String {
        switch self {
        case .openAI, .cerebras: ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":\(schema)}}"
        case .anthropic: ",\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":\(schema)}}"
        case .gemini: ",\"generationConfig\":{\"responseMimeType\":\"application/json\",\"responseJsonSchema\":\(schema)}"
        case .cohere: ",\"response_format\":{\"type\":\"json_object\",\"json_schema\":\(schema)}"
        }
    }

    /// A body with every member that is looked at.
    var everything: String {
        let tools = #""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"#
        let chat = #""model":"m","messages":[{"role":"user","content":[{"type":"text","text":"[tools 1] [fault stall 1] \u00e9"}]}]"#
        return switch self {
        case .openAI, .cerebras:
            "{\(chat),\(tools),\"stream_options\":{\"include_usage\":true},\"n\":1,\"prompt\":\"p\",\"input\":[1]\(form("{}"))}"
        case .anthropic: #"{\#(chat),"max_tokens":9,"system":"s","thinking":{"type":"enabled"},"tools":[{"name":"f","input_schema":{}}]}"#
        case .gemini:
            """
            {"contents":[{"parts":[{"text":"[tools 1]"}]}],"systemInstruction":{},"tools":[{"functionDeclarations":[{"name":"f"}]}],\
            "generationConfig":{"maxOutputTokens":9,"thinkingConfig":{"thinkingBudget":1},"responseMimeType":"application/json"},\
            "requests":[{"content":{"parts":[{"text":"a"}]},"outputDimensionality":3}]}
            """
        case .cohere:
            "{\(chat),\(tools),\"texts\":[\"a\"],\"input_type\":\"x\",\"embedding_types\":[\"int8\"],\"output_dimension\":3\(form("{}"))}"
        }
    }

    // MARK: Answers

    /// The text of a whole answer.
    func text(_ json: [String: Any]) -> String? {
        switch self {
        case .openAI, .cerebras: (first(json["choices"])?["message"] as? [String: Any])?["content"] as? String
        case .anthropic: texts(json["content"])
        case .gemini: texts((first(json["candidates"])?["content"] as? [String: Any])?["parts"])
        case .cohere: texts((json["message"] as? [String: Any])?["content"])
        }
    }

    /// What one event of a stream adds to the text.
    func delta(_ event: [String: Any]) -> String? {
        switch self {
        case .openAI, .cerebras: (first(event["choices"])?["delta"] as? [String: Any])?["content"] as? String
        case .anthropic: (event["delta"] as? [String: Any])?["text"] as? String
        case .gemini: text(event)
        case .cohere:
            (((event["delta"] as? [String: Any])?["message"] as? [String: Any])?["content"] as? [String: Any])?["text"] as? String
        }
    }

    /// Why an answer, or its last event, says that it ends.
    func finish(_ json: [String: Any]) -> String? {
        switch self {
        case .openAI, .cerebras: first(json["choices"])?["finish_reason"] as? String
        case .anthropic: (json["stop_reason"] ?? (json["delta"] as? [String: Any])?["stop_reason"]) as? String
        case .gemini: first(json["candidates"])?["finishReason"] as? String
        case .cohere: (json["finish_reason"] ?? (json["delta"] as? [String: Any])?["finish_reason"]) as? String
        }
    }

    /// True if an answer or event tells usage.
    func tellsUsage(_ body: String) -> Bool {
        body.contains(self == .gemini ? "\"usageMetadata\":{" : "\"usage\":{")
    }

    private func first(_ list: Any?) -> [String: Any]? { (list as? [[String: Any]])?.first }

    private func texts(_ list: Any?) -> String? {
        (list as? [[String: Any]])?.filter { $0["thought"] == nil }.compactMap { $0["text"] as? String }.joined()
    }
}
