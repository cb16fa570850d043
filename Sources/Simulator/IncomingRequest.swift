internal import NIOCore
internal import NIOHTTP1

/// A request of which the head has been read.
struct IncomingRequest {
    /// Largest body that is read, save files and batches.
    static let bodyLimit = 32 << 20
    private static let batchLimit = 256 << 20

    let method: HTTPMethod
    let uri: String
    let isKeepAlive: Bool
    private let headers: HTTPHeaders
    private(set) var body = ByteBuffer()
    private(set) var isTooLarge = false

    /// Largest body that this request may have.
    let bodyLimit: Int

    /// True if the client waits for leave to send the body.
    let expectsContinue: Bool

    init(_ head: HTTPRequestHead) {
        method = head.method
        uri = head.uri
        isKeepAlive = head.isKeepAlive
        headers = head.headers
        let isBatch = uri.hasPrefix("/v1/files") || uri.hasPrefix("/v1/messages/batches")
        bodyLimit = isBatch ? Self.batchLimit : Self.bodyLimit
        expectsContinue = head.headers.first(name: "expect") == "100-continue"
    }

    /// The value of a header; nil if the client has not sent it.
    func header(_ name: String) -> String? { headers.first(name: name) }

    /// The key that the client has given in the way of a dialect, or as a bearer's token; empty if none.
    func key(_ dialect: any Dialect) -> String {
        if dialect.keyHeader != "authorization", let key = header(dialect.keyHeader) { return key }
        guard let credentials = header("authorization"), credentials.prefix(7).lowercased() == "bearer " else { return "" }
        return String(credentials.dropFirst(7))
    }

    /// Adds a part of the body. The first part is kept as it is, since most often there is no other.
    mutating func append(_ part: inout ByteBuffer) {
        if body.readableBytes + part.readableBytes > bodyLimit {
            isTooLarge = true
        } else if body.readableBytes == 0 {
            body = part
        } else {
            body.writeBuffer(&part)
        }
    }
}
