internal import EventLoop
internal import Redis

/// What the lane keeps in Redis: requests and their bodies, queues of them, and batches. Confined to its client's loop.
///
/// The keys of a group's lane have one hash tag, and so one slot of a cluster: where a request stands must be found whatever the
/// configuration says of its model by then.
final class BatchStore {
    private let redis: RedisClient
    private let prefix: String
    private let timing: BatchTiming

    /// - Parameter group: the consumer group, whose workers share the lane.
    init(redis: RedisClient, group: String, timing: BatchTiming) {
        self.redis = redis
        self.timing = timing
        prefix = "sy:{\(group.utf8.count):\(group):batch}:"
    }

    private var entries: String { "\(prefix)entry:" }
    private var bodies: String { "\(prefix)body:" }
    private var lists: String { "\(prefix)queue:" }
    private var queues: RedisArgument { .string("\(prefix)queues") }
    private var batches: RedisArgument { .string("\(prefix)batches") }
    private var unwanted: RedisArgument { .string("\(prefix)unwanted") }
    private var lifetime: RedisArgument { .integer(Int(timing.lifetime)) }

    private func entry(_ request: String) -> RedisArgument { .string(entries + request) }
    private func body(_ request: String) -> RedisArgument { .string(bodies + request) }
    private func list(_ queue: String) -> RedisArgument { .string(lists + queue) }
    private func members(_ batch: String) -> RedisArgument { .string("\(prefix)members:\(batch)") }
    private func lease(_ thing: String) -> RedisArgument { .string("\(prefix)lease:\(thing)") }

    // MARK: Requests

    func entry(of request: String, isolation: isolated (any Actor)? = #isolation) async throws(RedisError) -> BatchEntry? {
        try await redis.execute("GET", entry(request)).bytes.flatMap(BatchEntry.init(stored:))
    }

    /// - Parameter letter: of the entry that the request may have; empty for none.
    /// - Returns: false if it has another.
    func enter(
        _ request: String, _ body: [UInt8], in queue: String, from letter: String, now: Int64, isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> Bool {
        let reply = try await redis.evaluate(
            BatchScripts.enter, keys: [entry(request), self.body(request), list(queue), queues],
            arguments: [.string(letter), .bytes(body), .integer(Int(now)), lifetime, .string(queue), .string(request)])
        return reply.integer == 1
    }

    /// - Returns: false if the request's entry has none of the letters, nor is there none.
    func leave(
        _ request: String, queue: String, from letters: String, now: Int64, isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> Bool {
        let reply = try await redis.evaluate(
            BatchScripts.leave, keys: [entry(request), body(request), list(queue)],
            arguments: [.string(letters), .bytes(BatchEntry.ordinary(since: now).stored), lifetime, .string(request)])
        return reply.integer == 1
    }

    /// - Returns: false if there is no such batch any more.
    func cancel(_ batch: String, for request: String, isolation: isolated (any Actor)? = #isolation) async throws(RedisError) -> Bool {
        let reply = try await redis.evaluate(
            BatchScripts.cancel, keys: [unwanted, batches, entry(request)],
            arguments: [
                .string(batch), .bytes(BatchEntry.inBatch(batch).stored), .bytes(BatchEntry.without(.failed).stored), lifetime,
            ])
        return reply.integer == 1
    }

    func forget(_ request: String) {
        redis.post("UNLINK", entry(request), body(request))
    }

    // MARK: Queues and batches

    struct Overview {
        struct Queue {
            let name: String
            let count: Int
            /// Unix milliseconds.
            let oldest: Int64
        }

        var queues: [Queue] = []
        var batches: [Batch] = []
        var unwanted: Set<String> = []
    }

    func look(isolation: isolated (any Actor)? = #isolation) async throws(RedisError) -> Overview {
        let reply = try await redis.evaluate(BatchScripts.look, keys: [queues, batches, unwanted], arguments: [.string(lists)])
        var overview = Overview()
        guard let parts = reply.array, parts.count == 3 else { return overview }
        for queue in parts[0].array ?? [] {
            guard let words = queue.array, words.count == 3, let name = words[0].string, let count = words[1].integer else { continue }
            overview.queues.append(
                Overview.Queue(name: name, count: count, oldest: words[2].string.flatMap { Double($0) }.map { Int64($0) } ?? 0))
        }
        let words = parts[1].array ?? []
        for index in stride(from: 0, to: words.count - 1, by: 2) {
            guard let name = words[index].string, let stored = words[index + 1].string else { continue }
            if let batch = Batch(name: name, stored: stored) { overview.batches.append(batch) }
        }
        overview.unwanted = Set((parts[2].array ?? []).compactMap(\.string))
        return overview
    }

    func batch(_ name: String, isolation: isolated (any Actor)? = #isolation) async throws(RedisError) -> Batch? {
        try await redis.execute("HGET", batches, .string(name)).string.flatMap { Batch(name: name, stored: $0) }
    }

    func isUnwanted(_ batch: String, isolation: isolated (any Actor)? = #isolation) async throws(RedisError) -> Bool {
        try await redis.execute("SISMEMBER", unwanted, .string(batch)).integer == 1
    }

    struct Gathered {
        let count: Int
        let bytes: Int
        let hasMore: Bool
    }

    /// Moves requests from a queue into a new batch.
    ///
    /// - Parameters:
    ///   - count: how many at most.
    ///   - bytes: how many there is room for.
    ///   - overhead: the bytes of a request beside its body.
    func gather(
        _ batch: Batch, count: Int, bytes: Int, overhead: Int, isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> Gathered {
        let reply = try await redis.evaluate(
            BatchScripts.gather, keys: [list(batch.queue), queues, batches, members(batch.name)],
            arguments: [
                .string(batch.queue), .string(batch.name), .string(batch.stored), .string(entries), .string(bodies), .integer(count),
                .integer(bytes), .integer(overhead), lifetime,
            ])
        let numbers = (reply.array ?? []).map { $0.integer ?? 0 }
        guard numbers.count == 3 else { return Gathered(count: 0, bytes: 0, hasMore: false) }
        return Gathered(count: numbers[0], bytes: numbers[1], hasMore: numbers[2] == 1)
    }

    func count(in batch: String, isolation: isolated (any Actor)? = #isolation) async throws(RedisError) -> Int {
        try await redis.execute("LLEN", members(batch)).integer ?? 0
    }

    /// The requests from a number on, not more than 1,000 of them.
    func members(
        of batch: String, from first: Int, isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> [String] {
        let reply = try await redis.execute("LRANGE", members(batch), .integer(first), .integer(first + Self.chunk - 1))
        return (reply.array ?? []).compactMap(\.string)
    }

    /// The bodies from a number on, about a megabyte of them; an empty one is gone.
    func bodies(
        of batch: String, from first: Int, isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> [[UInt8]] {
        let reply = try await redis.evaluate(
            BatchScripts.bodies, keys: [members(batch)], arguments: [.string(bodies), .integer(first), .integer(1 << 20)])
        return (reply.array ?? []).map { $0.bytes ?? [] }
    }

    func forgetBodies(of requests: [String], isolation: isolated (any Actor)? = #isolation) async throws(RedisError) {
        guard !requests.isEmpty else { return }
        _ = try await redis.execute(["UNLINK"] + requests.map { body($0) })
    }

    // MARK: Under a lease

    /// - Parameter thing: a batch, or a queue.
    /// - Returns: false if it is another's.
    func takeLease(of thing: String, token: String, isolation: isolated (any Actor)? = #isolation) async throws(RedisError) -> Bool {
        try await !redis.execute("SET", lease(thing), .string(token), "NX", "PX", .integer(Int(timing.lease))).isNull
    }

    func extendLease(of thing: String, token: String, isolation: isolated (any Actor)? = #isolation) async throws(RedisError) -> Bool {
        try await redis.evaluate(BatchScripts.extend, keys: [lease(thing)], arguments: [.string(token), .integer(Int(timing.lease))])
            .integer == 1
    }

    func giveLeaseBack(of thing: String, token: String, isolation: isolated (any Actor)? = #isolation) async throws(RedisError) {
        _ = try await redis.evaluate(BatchScripts.giveBack, keys: [lease(thing)], arguments: [.string(token)])
    }

    /// - Returns: false if the lease is another's.
    func put(_ batch: Batch, token: String, isolation: isolated (any Actor)? = #isolation) async throws(RedisError) -> Bool {
        let reply = try await redis.evaluate(
            BatchScripts.put, keys: [batches, lease(batch.name)], arguments: [.string(token), .string(batch.name), .string(batch.stored)])
        return reply.integer == 1
    }

    /// - Returns: false if the lease is another's.
    func settle(
        _ results: [(request: String, entry: BatchEntry)], of batch: String, token: String, isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> Bool {
        var arguments: [RedisArgument] = [.string(token), .string(entries), .string(bodies), .string(batch), lifetime]
        for (request, entry) in results { arguments += [.string(request), .bytes(entry.stored)] }
        return try await redis.evaluate(BatchScripts.settle, keys: [lease(batch)], arguments: arguments).integer == 1
    }

    /// Lets those requests go that have no result, and forgets the batch.
    ///
    /// - Returns: false if the lease is another's.
    func dissolve(
        _ batch: String, _ reason: BatchEntry.Reason, token: String, isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> Bool {
        var first = 0
        while true {
            let looked = try await redis.evaluate(
                BatchScripts.release, keys: [members(batch), lease(batch)],
                arguments: [
                    .string(token), .string(entries), .string(bodies), .string(batch), .bytes(BatchEntry.without(reason).stored), lifetime,
                    .integer(first), .integer(first + Self.chunk - 1),
                ]
            ).integer
            guard let looked, looked >= 0 else { return false }
            if looked == 0 { break }
            first += looked
        }
        let reply = try await redis.evaluate(
            BatchScripts.forget, keys: [batches, unwanted, members(batch), lease(batch)], arguments: [.string(token), .string(batch)])
        return reply.integer == 1
    }

    private static let chunk = 1_000
}
