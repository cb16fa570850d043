internal import NIOHTTP1

/// The ways to ask a model.
enum Endpoint: UInt64, Sendable {
    case chat
    case completion
    case embedding
}

/// Where a request goes.
enum Route: Equatable {
    case model(Endpoint)
    case models
    case statistics
    case wrongMethod
    case unknown

    init(_ method: HTTPMethod, uri: String) {
        let path = uri.firstIndex(of: "?").map { uri[..<$0] } ?? uri[...]
        let (route, expected): (Route, HTTPMethod) =
            switch path {
            case "/v1/chat/completions": (.model(.chat), .POST)
            case "/v1/completions": (.model(.completion), .POST)
            case "/v1/embeddings": (.model(.embedding), .POST)
            case "/v1/models": (.models, .GET)
            case "/simulator/stats": (.statistics, .GET)
            default: (.unknown, method)
            }
        self = method == expected ? route : .wrongMethod
    }
}
