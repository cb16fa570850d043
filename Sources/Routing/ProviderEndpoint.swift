internal import Envelope
internal import HTTP
package import Providers

/// A provider's account at one base URL, with what every request to it has in common. Used by all loops.
package final class ProviderEndpoint: Sendable {
    package let name: String
    let format: any WireFormat
    let headers: HTTPHeaderList
    private let chat: HTTPTarget
    private let completion: HTTPTarget
    private let embedding: HTTPTarget

    /// - Parameters:
    ///   - name: the provider's name in the configuration.
    ///   - baseURL: with the version, as in `https://api.openai.com/v1`; a slash at the end makes no difference.
    ///   - headers: sent with each request, the key among them.
    /// - Throws: `HTTPInputError` if URL or headers are not usable.
    package init(name: String, format: any WireFormat, baseURL: String, headers: [HTTPField]) throws {
        self.name = name
        self.format = format
        self.headers = try HTTPHeaderList(headers.map { ($0.name, $0.value) })
        let base = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        func target(_ type: RequestType) throws -> HTTPTarget {
            try HTTPTarget("\(base)\(format.path(for: type, isStreamed: false) ?? "")")
        }
        chat = try target(.chat)
        completion = try target(.completion)
        embedding = try target(.embedding)
    }

    func target(for type: RequestType) -> HTTPTarget {
        switch type {
        case .chat: chat
        case .completion: completion
        case .embedding: embedding
        }
    }
}
