internal import Envelope
internal import NIOHTTP1

/// The ways to ask a model.
enum Endpoint: UInt64, Sendable {
    case chat
    case completion
    case embedding
}

/// Where a request goes.
enum Route {
    /// - Parameters:
    ///   - model: as JSON, if the path names it.
    ///   - isStreamed: true if the path says so.
    case model(Endpoint, model: String, isStreamed: Bool)
    case batches(BatchRoute)
    case models
    case statistics
    case wrongMethod
    case unknown

    /// - Returns: with the route, the dialect in which it is answered.
    static func find(_ method: HTTPMethod, uri: String) -> (Route, any Dialect) {
        let path = uri.firstIndex(of: "?").map { uri[..<$0] } ?? uri[...]
        let (route, expected, dialect) = find(path, method)
        return (method == expected ? route : .wrongMethod, dialect)
    }

    private static func find(_ path: Substring, _ method: HTTPMethod) -> (Route, expected: HTTPMethod, any Dialect) {
        switch path {
        case "/v1/chat/completions": (.plain(.chat), .POST, OpenAIDialect())
        case "/v1/completions": (.plain(.completion), .POST, OpenAIDialect())
        case "/v1/embeddings": (.plain(.embedding), .POST, OpenAIDialect())
        case "/v1/models": (.models, .GET, OpenAIDialect())
        case "/simulator/stats": (.statistics, .GET, OpenAIDialect())
        case "/v1/messages": (.plain(.chat), .POST, AnthropicDialect())
        case "/v2/chat": (.plain(.chat), .POST, CohereDialect())
        case "/v2/embed": (.plain(.embedding), .POST, CohereDialect())
        case "/cerebras/v1/chat/completions": (.plain(.chat), .POST, OpenAIDialect(flavour: .cerebras))
        case "/cerebras/v1/completions": (.plain(.completion), .POST, OpenAIDialect(flavour: .cerebras))
        // Cerebras' SDK calls the second when it is made, so that its connection is open before it is needed.
        case "/cerebras/v1/models", "/cerebras/v1/tcp_warming": (.models, .GET, OpenAIDialect(flavour: .cerebras))
        default: gemini(path) ?? batches(path, method) ?? (.unknown, method, dialect(ofUnknown: path))
        }
    }

    private static func batches(_ path: Substring, _ method: HTTPMethod) -> (Route, expected: HTTPMethod, any Dialect)? {
        if path.hasPrefix("/v1/messages/") {
            return BatchRoute.anthropic(path, method).map { (.batches($0.0), $0.1, AnthropicDialect()) }
        }
        guard path.hasPrefix("/v1/files") || path.hasPrefix("/v1/batches") else { return nil }
        return BatchRoute.openAI(path, method).map { (.batches($0.0), $0.1, OpenAIDialect()) }
    }

    private static func plain(_ endpoint: Endpoint) -> Route { .model(endpoint, model: "", isStreamed: false) }

    /// What a path such as `/v1beta/models/gemini-2.5-flash:generateContent` asks for.
    private static func gemini(_ path: Substring) -> (Route, expected: HTTPMethod, any Dialect)? {
        guard let start = ["/v1beta/models/", "/v1/models/"].first(where: path.hasPrefix), let colon = path.lastIndex(of: ":") else {
            return nil
        }
        var name = ByteWriter(capacity: 64)
        name.appendJSON(String(path[..<colon].dropFirst(start.utf8.count)))
        let model = String(decoding: name.bytes, as: UTF8.self)
        switch path[colon...].dropFirst() {
        case "generateContent": return (.model(.chat, model: model, isStreamed: false), .POST, GeminiDialect())
        case "streamGenerateContent": return (.model(.chat, model: model, isStreamed: true), .POST, GeminiDialect())
        case "batchEmbedContents": return (.model(.embedding, model: model, isStreamed: false), .POST, GeminiDialect())
        case "embedContent":
            return (.model(.embedding, model: model, isStreamed: false), .POST, GeminiDialect(isSingleEmbedding: true))
        default: return nil
        }
    }

    private static func dialect(ofUnknown path: Substring) -> any Dialect {
        if path.hasPrefix("/v1/messages/") { return AnthropicDialect() }
        if path.hasPrefix("/v1beta/") { return GeminiDialect() }
        if path.hasPrefix("/v2/") { return CohereDialect() }
        return OpenAIDialect(flavour: path.hasPrefix("/cerebras/") ? .cerebras : .openAI)
    }
}
