internal import EventLoop
package import Logging
package import Redis

/// Tells a request that is enqueued a second time under the same id from one that is delivered a second time, and knows of the latter
/// whether it has been answered, or paid for. Confined to its Redis client's loop.
///
/// The first request with an id claims it for a while; a later one gets it only after the first has failed. Of the copies of one
/// request the latest has the claim. The result of a provider call is the claim's until it is published (a ledger), so that a worker to
/// which the request is delivered again need not call again.
///
/// Claims are shared by the workers of a group through Redis. Without it, or while it does not answer, only those of this loop are
/// known, of which the last 100,000 are kept: that finds duplicates with the same key, which Kafka brings to the same partition and so
/// to the same loop. What was reported meanwhile, or just before, is reported again when it is back: the last 10,000 reports, at most
/// 64 MiB of them.
package final class RequestClaims {
    private let redis: RedisClient?
    private let keyPrefix: String
    private let window: Int
    private let logger: Logger
    private var recent: RecentClaims
    private var unconfirmed = UnconfirmedReports(capacity: 10_000, byteLimit: 64 << 20)
    /// How often there was a new connection.
    private var connection = 0
    private var isDegraded = false

    /// - Parameters:
    ///   - group: the consumer group, whose workers share claims.
    ///   - window: seconds for which an id is claimed; they begin anew when its claim changes.
    package init(redis: RedisClient?, group: String, window: Int, logger: Logger) {
        self.redis = redis
        // The hash tag keeps what belongs to one request in one slot of a cluster.
        keyPrefix = "sy:{\(group.utf8.count):\(group):"
        self.window = window
        self.logger = logger
        recent = RecentClaims(capacity: 100_000, lifetime: Int64(window) * 1_000)
    }

    /// Claims an id.
    ///
    /// - Parameters:
    ///   - id: the request's id.
    ///   - tenant: whose id it is; ids of different tenants have nothing to do with each other.
    ///   - copy: the message that asks.
    package func claim(
        _ id: String, tenant: String?, copy: RequestCopy, isolation: isolated (any Actor)? = #isolation
    ) async -> ClaimOutcome {
        let key = key(id, tenant)
        guard let redis else { return recent.claim(key, for: copy, now: WallClock.milliseconds) }
        do {
            let (reported, connection) = (unconfirmed.last, connection)
            var claim = try await held(redis, key, copy)
            isDegraded = false
            unconfirmed.confirm(upTo: reported, on: connection)
            let outcome = claim.asked(by: copy)
            if let claim { recent.note(key, claim, now: WallClock.milliseconds) }
            return outcome
        } catch {
            noteDegraded(error)
            return recent.claim(key, for: copy, now: WallClock.milliseconds)
        }
    }

    /// Has Redis decide on a claim.
    ///
    /// - Returns: the claim before that.
    private func held(
        _ redis: RedisClient, _ key: String, _ copy: RequestCopy, isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> Claim? {
        // Nearly every request is new, and this costs the server half of what the script does.
        let isSet = try await redis.execute("SET", .string(key), .bytes(Claim(of: copy).stored), "NX", "EX", .integer(window))
        if !isSet.isNull { return nil }
        let reply = try await redis.evaluate(
            ClaimScripts.ask, keys: [.string(key)],
            arguments: [.string(copy.root), .integer(copy.generation), .string(copy.place), .integer(window)])
        return reply.bytes.flatMap(Claim.init(stored:))
    }

    /// Remembers the result of a paid call until `finish`: to be called before it is published.
    ///
    /// As with the other reports, nothing is waited for, so that it is done for a cancelled task too, and nothing happens where the
    /// claim is another copy's meanwhile, or finished.
    ///
    /// - Parameters:
    ///   - result: any bytes; they are copied.
    ///   - isCurrent: whether the message's partition cannot have gone to another worker since the claim. Nobody else can have the claim
    ///     then, and the server need not look, which costs it a quarter.
    package func remember(_ result: UnsafeRawBufferPointer, for id: String, tenant: String?, copy: RequestCopy, isCurrent: Bool) {
        report(Claim(of: copy, .paid(Array(result))), id, tenant, copy, isCurrent: isCurrent)
    }

    /// Notes that a request has been answered: delivered again, it is done; or, after a failure, that its id may be used again, or the
    /// request be sent again from the dead letters. Its result is forgotten.
    package func finish(_ id: String, tenant: String?, copy: RequestCopy, failed: Bool, isCurrent: Bool) {
        report(Claim(finished: copy, failed: failed), id, tenant, copy, isCurrent: isCurrent)
    }

    /// Notes that the request goes on as a later copy: this one, delivered again, is done.
    ///
    /// To be called when the later copy is with the broker; were it lost after this, nobody would answer the request.
    ///
    /// - Parameter generation: the later copy's. Its place is learned when it asks.
    package func supersede(_ id: String, tenant: String?, copy: RequestCopy, by generation: Int) {
        precondition(generation > copy.generation, "a copy is superseded by a later one")
        report(Claim(superseded: copy, by: generation), id, tenant, copy, isCurrent: false)
    }

    /// Whether a copy that this worker has claimed has been answered by another since, to whom its partition went, or the request goes
    /// on as another copy.
    package func isAnswered(
        _ id: String, tenant: String?, copy: RequestCopy, isolation: isolated (any Actor)? = #isolation
    ) async -> Bool {
        // Two places in Kafka and a generation are shorter than that; the result is not looked at.
        let head = try? await redis?.execute("GETRANGE", .string(key(id, tenant)), 0, 1_023).bytes
        var held = head.flatMap(Claim.init(stored:))
        return held.asked(by: copy) == .done
    }

    private func report(_ next: Claim, _ id: String, _ tenant: String?, _ copy: RequestCopy, isCurrent: Bool) {
        let key = key(id, tenant)
        recent.report(key, next, by: copy, now: WallClock.milliseconds)
        guard let redis else { return }
        let report = UnconfirmedReports.Report(
            key: key, owner: ClaimScripts.owner(copy), isFinal: next.isFinished, stored: next.stored)
        if isCurrent, redis.isAvailable {
            redis.post("SET", .string(key), .bytes(report.stored), "EX", .integer(window))
            unconfirmed.add(report, on: connection)
        } else {
            post(report, to: redis)
        }
    }

    private func post(_ report: UnconfirmedReports.Report, to redis: RedisClient) {
        redis.post(
            "EVAL", .literal(ClaimScripts.report), 1, .string(report.key), .string(report.owner),
            ClaimScripts.replaceable(isFinal: report.isFinal), .bytes(report.stored), .integer(window))
        unconfirmed.add(report, on: redis.isAvailable ? connection : Self.noConnection)
    }

    private static let noConnection = -1

    /// To be called when there is a new connection to Redis: reports again what may not have arrived.
    package func noteConnection() {
        guard let redis, redis.isAvailable else { return }
        connection += 1
        for report in unconfirmed.takeLost(but: connection) { post(report, to: redis) }
    }

    private func noteDegraded(_ error: RedisError) {
        guard error.code != .cancelled, !isDegraded else { return }
        isDegraded = true
        logger.warning("\(error); until it answers, duplicates are found only among the requests of one event loop")
    }

    /// Lengths keep names apart that contain the separator.
    private func key(_ id: String, _ tenant: String?) -> String {
        // Interpolation would take several times as long.
        var key = keyPrefix
        let tenant = tenant ?? ""
        key.reserveCapacity(key.utf8.count + tenant.utf8.count + id.utf8.count + 16)
        key += tenant.utf8.count.description
        key += ":"
        key += tenant
        key += ":"
        key += id
        key += "}:claim"
        return key
    }
}
