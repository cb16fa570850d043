internal import NIOHTTP1

/// What a request for files or batches asks for.
enum BatchRoute {
    case uploadFile
    case file(Substring)
    case fileContent(Substring)
    case create
    case list
    case batch(Substring)
    case cancel(Substring)
    case results(Substring)

    /// - Returns: nil if the path is none of files or batches; with the route, the method it demands.
    static func openAI(_ path: Substring, _ method: HTTPMethod) -> (BatchRoute, HTTPMethod)? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2)
        switch (parts.first, parts.count) {
        case ("files", 1): return method == .POST ? (.uploadFile, .POST) : nil
        case ("files", 2): return (.file(parts[3]), .GET)
        case ("files", 3) where parts[4] == "content": return (.fileContent(parts[3]), .GET)
        case ("batches", 1): return method == .GET ? (.list, .GET) : (.create, .POST)
        case ("batches", 2): return (.batch(parts[3]), .GET)
        case ("batches", 3) where parts[4] == "cancel": return (.cancel(parts[3]), .POST)
        default: return nil
        }
    }

    /// - Parameter path: begins with `/v1/messages/batches`.
    static func anthropic(_ path: Substring, _ method: HTTPMethod) -> (BatchRoute, HTTPMethod)? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(3)
        guard parts.first == "batches" else { return nil }
        switch parts.count {
        case 1: return method == .GET ? (.list, .GET) : (.create, .POST)
        case 2: return (.batch(parts[4]), .GET)
        case 3 where parts[5] == "cancel": return (.cancel(parts[4]), .POST)
        case 3 where parts[5] == "results": return (.results(parts[4]), .GET)
        default: return nil
        }
    }
}
