/// What went wrong between us and Redis, in words that say what to do about it. Carries no password and no command's arguments.
package struct RedisError: Error, CustomStringConvertible, Sendable, Equatable {
    package enum Code: Sendable, Equatable {
        /// There is no connection, or it was lost.
        case unavailable
        /// No reply came in time.
        case timeout
        /// Redis does not let us in: the password, the user or the database is wrong.
        case refused
        /// Redis answered the command with an error, whose first word this is, as in `WRONGTYPE`.
        case server(String)
        /// What came was no Redis reply.
        case protocolViolation
        /// The calling task was cancelled.
        case cancelled
        /// The client was closed by its owner.
        case closed
        case invalidConfiguration
    }

    package let code: Code
    package let message: String
    /// Whether Redis may have carried out the command although its reply is missing.
    package let mayHaveRun: Bool

    package init(_ code: Code, _ message: String, mayHaveRun: Bool = false) {
        self.code = code
        self.message = message
        self.mayHaveRun = mayHaveRun
    }

    package var description: String { message }

    /// The same error, told to a command that was sent.
    var afterSending: RedisError {
        RedisError(code, message, mayHaveRun: true)
    }
}

// MARK: Errors that Redis sends

extension RedisError {
    /// - Parameters:
    ///   - reply: the text of an error reply.
    ///   - origin: who sent it, as in `Redis at 127.0.0.1:6379`.
    init(reply: String, origin: String) {
        let kind = Self.kind(of: reply)
        // The arguments of the command follow here.
        let text = reply.range(ofText: ", with args beginning with").map { String(reply[..<$0.lowerBound]) } ?? reply
        let code: Code
        let advice: String
        switch kind {
        case "NOAUTH", "WRONGPASS":
            (code, advice) = (.refused, "check redis.password, and the user name in redis.url")
        case "NOPERM":
            (code, advice) = (.refused, "give the user the ACL rule that this command and key need")
        case "LOADING", "MASTERDOWN":
            (code, advice) = (.unavailable, "it will serve commands again by itself")
        case "ERR" where text.contains("max number of clients"):
            (code, advice) = (.unavailable, "raise maxclients of the server, or let fewer clients connect")
        case "OOM":
            (code, advice) = (.server(kind), "raise maxmemory of the server, or set an eviction policy")
        case "READONLY":
            (code, advice) = (.server(kind), "redis.url names a replica: name the primary")
        case "MOVED", "ASK", "CROSSSLOT":
            (code, advice) = (
                .server(kind),
                "redis.url names one of several shards of a cluster, which is not followed: name a Redis of one shard, or a proxy"
            )
        case "CLUSTERDOWN":
            (code, advice) = (.unavailable, "the cluster does not serve all slots: see CLUSTER INFO; it may do so again by itself")
        case "MISCONF":
            (code, advice) = (.server(kind), "the server cannot write its snapshot: see its log and disk")
        case "BUSY":
            (code, advice) = (.server(kind), "a script runs too long on the server: end it with SCRIPT KILL")
        default:
            (code, advice) = (.server(kind), "")
        }
        self.init(code, advice.isEmpty ? "\(origin) answered: \(text)" : "\(origin) answered: \(text); \(advice)")
    }

    /// The first word of an error reply, as in `WRONGTYPE`.
    static func kind(of reply: String) -> String {
        String(reply.prefix { $0 != " " })
    }
}
