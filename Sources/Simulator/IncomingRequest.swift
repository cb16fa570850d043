internal import NIOCore
internal import NIOHTTP1

/// A request of which the head has been read.
struct IncomingRequest {
    /// Largest body that is read.
    static let bodyLimit = 32 << 20

    let method: HTTPMethod
    let uri: String
    let isKeepAlive: Bool
    let credentials: String?
    private(set) var body = ByteBuffer()
    private(set) var isTooLarge = false

    /// True if the client waits for leave to send the body.
    let expectsContinue: Bool

    init(_ head: HTTPRequestHead) {
        method = head.method
        uri = head.uri
        isKeepAlive = head.isKeepAlive
        credentials = head.headers.first(name: "authorization")
        expectsContinue = head.headers.first(name: "expect") == "100-continue"
    }

    /// The key that the client has given; empty if none.
    var key: String {
        guard let credentials, credentials.prefix(7).lowercased() == "bearer " else { return "" }
        return String(credentials.dropFirst(7))
    }

    var route: Route { Route(method, uri: uri) }

    /// Adds a part of the body. The first part is kept as it is, since most often there is no other.
    mutating func append(_ part: inout ByteBuffer) {
        if body.readableBytes + part.readableBytes > Self.bodyLimit {
            isTooLarge = true
        } else if body.readableBytes == 0 {
            body = part
        } else {
            body.writeBuffer(&part)
        }
    }
}
