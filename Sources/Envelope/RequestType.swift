/// What a request asks of a model.
package enum RequestType: String, CaseIterable, Hashable, Sendable {
    case chat
    case completion
    case embedding
}
