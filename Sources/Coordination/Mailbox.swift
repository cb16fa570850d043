package import EventLoop
package import Logging
package import Redis

/// Lets another loop, of any worker, ring this one: a list in Redis that a connection of its own waits for. Confined to its loop.
///
/// Mail may be lost, where Redis or the connection is, and late: who waits for mail also has a timer. Needs Redis 7.
package final class Mailbox {
    /// What others post to: unique among the loops of the fleet.
    package let address: String
    private let configuration: RedisConfiguration
    private let loop: EventLoop
    private let logger: Logger
    private var handlers: [String: ([UInt8]) -> Void] = [:]
    private var listening: Task<Void, Never>?
    private var isDegraded = false

    /// How long one command waits for mail, in seconds; the connection is replaced when it is not answered a while after that.
    private static let wait = 5
    /// What one command brings at most.
    private static let batch = 64
    /// Seconds for which mail is kept that nobody fetches. They count from the first, so that the mail of a loop that is gone never piles
    /// up.
    private static let retention = 60
    private static let retryDelay = Duration.milliseconds(100)

    /// - Parameters:
    ///   - configuration: where Redis is; the connection is made by `start`.
    ///   - address: as in `<worker's id>/<loop's number>`.
    package init(configuration: RedisConfiguration, address: String, loop: EventLoop, logger: Logger) {
        var configuration = configuration
        configuration.timeout = .seconds(Self.wait + 3)
        self.configuration = configuration
        self.address = address
        self.loop = loop
        self.logger = logger
    }

    /// Has `handler` called on the loop with the body of each mail on a topic. One handler a topic.
    package func onMail(_ topic: String, _ handler: @escaping ([UInt8]) -> Void) {
        precondition(handlers[topic] == nil, "the topic \(topic) has a handler already")
        handlers[topic] = handler
    }

    /// Begins to listen in the background, and goes on after lost connections, until `stop`. Does nothing if it listens already.
    package func start(isolation: isolated (any Actor)? = #isolation) {
        guard listening == nil else { return }
        listening = Task {
            // Capturing the isolation is what keeps this closure on it.
            _ = isolation
            await listen()
        }
    }

    /// Ends the connection, which does not wait for the reply that mail would bring. What comes later is lost.
    package func stop(isolation: isolated (any Actor)? = #isolation) async {
        listening?.cancel()
        await listening?.value
        listening = nil
    }

    private func listen(isolation: isolated (any Actor)? = #isolation) async {
        // It is let go of instead of closed at the end, since closing waits for replies.
        let redis = RedisClient(loop: loop, configuration: configuration)
        while !Task.isCancelled {
            do {
                let reply = try await redis.execute(
                    "BLMPOP", .integer(Self.wait), 1, Self.key(address), "LEFT", "COUNT", .integer(Self.batch))
                isDegraded = false
                for mail in reply.array?.last?.array ?? [] { deliver(mail.bytes ?? []) }
            } catch {
                if error.code == .cancelled { return }
                noteDegraded(error)
                try? await loop.sleep(for: Self.retryDelay)
            }
        }
    }

    private func deliver(_ mail: [UInt8]) {
        guard let end = mail.firstIndex(of: UInt8(ascii: "\n")) else { return }
        handlers[String(decoding: mail[..<end], as: UTF8.self)]?(Array(mail[(end + 1)...]))
    }

    private func noteDegraded(_ error: RedisError) {
        guard !isDegraded else { return }
        isDegraded = true
        logger.warning("\(error); until it answers, this loop is not told when others are done, and looks by itself")
    }

    /// Sends mail and waits for nothing; without a connection it is lost.
    ///
    /// - Parameters:
    ///   - topic: without a line feed.
    ///   - body: any bytes.
    package static func post(_ topic: String, _ body: [UInt8], to address: String, over redis: RedisClient) {
        redis.post("RPUSH", key(address), .bytes(Array("\(topic)\n".utf8) + body))
        redis.post("EXPIRE", key(address), .integer(retention), "NX")
    }

    private static func key(_ address: String) -> RedisArgument {
        .string("sy:{mail:\(address)}")
    }
}
