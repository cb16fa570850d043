package import EventLoop
internal import HTTP
package import Logging
internal import Providers
internal import Redis
internal import Routing

/// One loop's part in the batch lane: takes requests in and tells what has become of them, and, in turns with all other loops of the
/// group's workers, makes batches of what waits, looks at them, and collects their results.
///
/// All that the lane knows is in Redis. A batch is one lane's alone only while it holds the batch's lease; whoever gets the lease
/// next goes on where the stored batch says. What remains possible is that a batch is created twice: where a lane is frozen for longer
/// than its lease between its last look at it and the call that creates the batch, or where the provider takes longer to list a batch
/// than `BatchTiming.settling`.
///
/// The lane has connections of its own: what it moves is large, and nobody should wait behind it.
package actor BatchLane {
    let plan: BatchPlan
    let logger: Logger
    let loop: EventLoop
    private var redis: RedisClient?
    private var http: HTTPClient?
    private(set) var store: BatchStore?
    private(set) var api: BatchAPI?
    private var timer: LoopTimer?
    private var work: Task<Void, Never>?
    private var isStopping = false
    /// What has been warned of, so that it is not each time.
    private var warned: Set<String> = []

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// How long what is under way may take when the lane stops.
    private static let drainTimeout = Duration.seconds(10)

    package init(_ plan: BatchPlan, loop: EventLoop, logger: Logger) {
        self.plan = plan
        self.loop = loop
        self.logger = logger
    }

    /// Connects, and begins to take turns.
    package func start() {
        var configuration = plan.redis
        configuration.timeout = max(configuration.timeout, .seconds(10))
        let redis = RedisClient(loop: loop, configuration: configuration)
        let http = HTTPClient(plan.http, loop: loop)
        self.redis = redis
        self.http = http
        store = BatchStore(redis: redis, group: plan.group, timing: plan.timing)
        api = BatchAPI(client: http, timeouts: plan.http.timeouts)
        timer = loop.makeTimer { [weak self] in self?.assumeIsolated { $0.beginTurn() } }
        arm(.random(in: 0..<1))
    }

    /// Begins nothing more, lets what is under way end for a short while, and closes the connections.
    package func stop() async {
        isStopping = true
        timer = nil
        if let work {
            let limit = loop.makeTimer { work.cancel() }
            limit.arm(after: Self.drainTimeout)
            await work.value
        }
        await redis?.close()
        http?.close()
        redis = nil
        http = nil
        store = nil
        api = nil
    }

    // MARK: Requests

    func entry(of request: String) async throws(RedisError) -> BatchEntry? {
        try await open().entry(of: request)
    }

    func enter(_ request: String, _ body: [UInt8], in queue: String, from letter: String, now: Int64) async throws(RedisError) -> Bool {
        try await open().enter(request, body, in: queue, from: letter, now: now)
    }

    func leave(_ request: String, queue: String, from letters: String, now: Int64) async throws(RedisError) -> Bool {
        try await open().leave(request, queue: queue, from: letters, now: now)
    }

    func cancel(_ batch: String, for request: String) async throws(RedisError) -> Bool {
        try await open().cancel(batch, for: request)
    }

    func forget(_ request: String) {
        store?.forget(request)
    }

    func pause(_ milliseconds: Double) async -> Bool {
        do {
            try await loop.sleep(for: .milliseconds(milliseconds))
            return true
        } catch {
            return false
        }
    }

    private func open() throws(RedisError) -> BatchStore {
        guard let store else { throw RedisError(.closed, "the batch lane is closed") }
        return store
    }

    // MARK: Turns

    /// - Parameter share: of the usual pause.
    private func arm(_ share: Double) {
        timer?.arm(after: .milliseconds(Int64(Double(plan.timing.poll) * share) + 1))
    }

    private func beginTurn() {
        guard !isStopping, work == nil else { return }
        work = Task {
            await withTaskExecutorPreference(self.loop) { await self.takeTurn() }
            self.work = nil
            self.arm(1)
        }
    }

    private func takeTurn() async {
        guard let store else { return }
        do {
            let overview = try await store.look()
            var batches = overview.batches
            for queue in overview.queues where isDue(queue) {
                if let batch = try await gather(queue.name) { batches.append(batch) }
            }
            for batch in batches.shuffled() where !isStopping {
                let isUnwanted = overview.unwanted.contains(batch.name)
                guard batch.step(now: WallClock.milliseconds, isUnwanted: isUnwanted, plan.timing) != .wait else { continue }
                try await advance(batch.name)
            }
        } catch {
            if error.code != .cancelled { warnOnce("redis", "the batch lane waits for Redis: \(error)") }
            return
        }
        warned.remove("redis")
    }

    private func isDue(_ queue: BatchStore.Overview.Queue) -> Bool {
        queue.count >= plan.timing.maxRequests || queue.count == 0
            || WallClock.milliseconds >= queue.oldest + plan.timing.gather
    }

    /// Does with a batch what can be done now, if nobody else does.
    private func advance(_ name: String) async throws(RedisError) {
        guard let store else { return }
        guard let lease = try await BatchLease.take(name, store: store, loop: loop, timing: plan.timing) else { return }
        var failure: RedisError?
        do throws(RedisError) {
            while !isStopping, lease.isHeld, let batch = try await store.batch(name) {
                let isUnwanted = try await store.isUnwanted(name)
                let step = batch.step(now: WallClock.milliseconds, isUnwanted: isUnwanted, plan.timing)
                guard step != .wait, try await take(step, of: batch, lease) else { break }
            }
        } catch {
            failure = error
        }
        await lease.giveBack()
        if let failure { throw failure }
    }

    /// - Returns: whether there may be another step at once.
    private func take(_ step: Batch.Step, of batch: Batch, _ lease: BatchLease) async throws(RedisError) -> Bool {
        guard let store else { return false }
        switch step {
        case .wait: return false
        case .seal:
            var batch = batch
            batch.sealed(size: try await store.count(in: batch.name))
            return try await store.put(batch, token: lease.token)
        case .dissolve(let reason):
            logger.warning("a batch is given up", metadata: ["batch": "\(batch.name)", "reason": "\(reason.rawValue)"])
            _ = try await store.dissolve(batch.name, reason, token: lease.token)
            return false
        case .submit: return try await submit(batch, lease)
        case .recover: return try await recover(batch, lease)
        case .look: return try await look(batch, lease)
        case .cancel: return try await cancel(batch, lease)
        case .collect: return try await collect(batch, lease)
        }
    }

    /// The provider of a batch, and what it speaks; nil if the configuration has it no more.
    func provider(of batch: Batch) -> (endpoint: ProviderEndpoint, format: any BatchFormat, queue: BatchQueue)? {
        guard let queue = BatchQueue(batch.queue), let endpoint = plan.models.endpoint(queue.provider), let format = endpoint.format.batch
        else {
            warnOnce(batch.queue, "the configuration has no provider for batches that are under way: \(batch.queue)")
            return nil
        }
        return (endpoint, format, queue)
    }

    func warnOnce(_ subject: String, _ message: String) {
        if warned.count >= 1_000 { warned.removeAll() }
        guard warned.insert(subject).inserted else { return }
        logger.warning("\(message)")
    }
}
