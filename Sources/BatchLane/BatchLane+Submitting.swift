internal import Envelope
internal import EventLoop
internal import Logging
internal import Providers
internal import Redis
internal import Routing

/// From a queue to the provider.
extension BatchLane {
    /// What a request has beside its body in a batch: its name, and what stands around both. More than it is.
    private static let overhead = 256
    /// How many requests are moved at once: Redis does nothing else meanwhile.
    private static let chunk = 1_000

    /// Makes a batch of what waits in a queue.
    ///
    /// - Returns: nil if another does, or nothing waits.
    func gather(_ queue: String) async throws(RedisError) -> Batch? {
        guard let store, let format = BatchQueue(queue).flatMap({ plan.models.endpoint($0.provider) })?.format.batch else { return nil }
        let token = BatchName.random()
        guard try await store.takeLease(of: queue, token: token) else { return nil }
        let batch = Batch(name: BatchName.random(), queue: queue)
        // Nobody else is to take it for complete meanwhile.
        let lease = try await BatchLease.take(batch.name, store: store, loop: loop, timing: plan.timing)
        var (count, bytes) = (min(plan.timing.maxRequests, format.maxRequests), min(BatchTiming.maxBytes, format.maxBytes))
        var total = 0
        var failure: RedisError?
        do throws(RedisError) {
            while count > 0, lease?.isHeld == true {
                let moved = try await store.gather(batch, count: min(count, Self.chunk), bytes: bytes, overhead: Self.overhead)
                total += moved.count
                count -= moved.count
                bytes -= moved.bytes
                guard moved.hasMore else { break }
            }
            try await store.giveLeaseBack(of: queue, token: token)
        } catch {
            failure = error
        }
        await lease?.giveBack()
        if let failure { throw failure }
        return total > 0 ? batch : nil
    }

    /// - Returns: whether there may be another step at once.
    func submit(_ batch: Batch, _ lease: BatchLease) async throws(RedisError) -> Bool {
        guard let store, let (endpoint, format, queue) = provider(of: batch) else { return false }
        var batch = batch
        guard case .key(let key) = endpoint.takeKey(for: queue.model) else {
            batch.putOff(now: WallClock.milliseconds, pause: nil, plan.timing)
            return try await store.put(batch, token: lease.token)
        }
        let submission = Submission(endpoint: endpoint, format: format, queue: queue, key: key, batch: batch.name)
        let body = WrittenBytes(try await written(batch, format, queue))
        let file: String?
        switch await upload(body, submission) {
        case .success(let name): file = name
        case .failure(let failure): return try await wasRefused(batch, failure, submission, lease)
        }
        // From here on the provider may have it, and nobody may create it again without looking.
        batch.willSend(key: key, now: WallClock.milliseconds)
        guard lease.isFresh, try await store.put(batch, token: lease.token) else {
            endpoint.keyFinished(key, model: queue.model, isAccepted: false)
            return false
        }
        switch await create(body, file: file, submission) {
        case .success(let made):
            endpoint.keyFinished(key, model: queue.model, isAccepted: true)
            return try await wasCreated(batch, made, lease)
        case .failure(let failure) where failure.mayHaveRun:
            endpoint.keyFinished(key, model: queue.model, isAccepted: false)
            logger.warning("a batch may have been created: \(failure.error.message)", metadata: ["batch": "\(batch.name)"])
            return false
        case .failure(let failure):
            return try await wasRefused(batch, failure, submission, lease)
        }
    }

    /// Notes that the provider has a batch, whose requests need not be kept any longer.
    func wasCreated(_ batch: Batch, _ made: ProviderBatch, _ lease: BatchLease) async throws(RedisError) -> Bool {
        guard let store else { return false }
        var batch = batch
        batch.created(made, now: WallClock.milliseconds)
        guard try await store.put(batch, token: lease.token) else { return false }
        logger.info("a batch is submitted", metadata: ["batch": "\(batch.name)", "id": "\(made.id)", "requests": "\(batch.size)"])
        var first = 0
        while first < batch.size {
            let requests = try await store.members(of: batch.name, from: first)
            guard !requests.isEmpty else { break }
            try await store.forgetBodies(of: requests)
            first += requests.count
        }
        return true
    }

    // MARK: Steps

    private struct Submission {
        let endpoint: ProviderEndpoint
        let format: any BatchFormat
        let queue: BatchQueue
        /// The number of the key. A batch is the account's that the key belongs to, so all later calls are made with it.
        let key: Int
        let batch: String
    }

    private func written(_ batch: Batch, _ format: any BatchFormat, _ queue: BatchQueue) async throws(RedisError) -> ByteWriter {
        var writer = ByteWriter(capacity: 1 << 20)
        format.open(batch.name, into: &writer)
        var (number, isFirst) = (0, true)
        while let store, number < batch.size {
            let bodies = try await store.bodies(of: batch.name, from: number)
            guard !bodies.isEmpty else { break }
            for body in bodies {
                // One that Redis has dropped meanwhile is without a result in the end, and is entered again.
                if !body.isEmpty {
                    let name = batch.requestName(number)
                    body.withUnsafeBytes { format.append($0, named: name, queue.type, isFirst: isFirst, into: &writer) }
                    isFirst = false
                }
                number += 1
            }
        }
        format.close(batch.name, into: &writer)
        return writer
    }

    /// - Returns: the uploaded file; nil where the batch is created without.
    private func upload(_ body: WrittenBytes, _ submission: Submission) async -> Result<String?, BatchAPI.Failure> {
        guard let api, let call = submission.format.upload else { return .success(nil) }
        do throws(BatchAPI.Failure) {
            let answer = try await api.send(
                call, body.bytes, contentType: submission.format.contentType(of: submission.batch), to: submission.endpoint,
                key: submission.key)
            return .success(try BatchAPI.read(answer) { bytes throws(ProviderError) in try submission.format.readUploaded(bytes) })
        } catch {
            return .failure(error)
        }
    }

    private func create(_ body: WrittenBytes, file: String?, _ submission: Submission) async -> Result<ProviderBatch, BatchAPI.Failure> {
        guard let api else { return .failure(BatchAPI.closed) }
        let call = submission.format.create(submission.batch, submission.queue.type, file: file)
        do throws(BatchAPI.Failure) {
            let answer =
                if file == nil {
                    try await api.send(
                        call, body.bytes, contentType: submission.format.contentType(of: submission.batch), to: submission.endpoint,
                        key: submission.key)
                } else {
                    try await api.send(call, to: submission.endpoint, key: submission.key)
                }
            return .success(try BatchAPI.read(answer) { bytes throws(ProviderError) in try submission.format.readBatch(bytes) })
        } catch {
            return .failure(error)
        }
    }

    /// Deals with a batch that was certainly not created.
    private func wasRefused(
        _ batch: Batch, _ failure: BatchAPI.Failure, _ submission: Submission, _ lease: BatchLease
    ) async throws(RedisError) -> Bool {
        guard let store else { return false }
        let (error, now) = (failure.error, WallClock.milliseconds)
        var isKeys = false
        switch error.code {
        case .auth, .quotaExhausted:
            isKeys = true
            _ = submission.endpoint.keyRefused(submission.key, .key, reason: error.code)
        default:
            submission.endpoint.keyFinished(submission.key, model: submission.queue.model, isAccepted: false)
        }
        let note = "\(submission.endpoint.name) takes no batch: \(error.message)"
        guard error.retryable || failure.mayHaveRun || isKeys else {
            logger.warning("\(note); its requests go the ordinary way", metadata: ["batch": "\(batch.name)", "requests": "\(batch.size)"])
            _ = try await store.dissolve(batch.name, .refused, token: lease.token)
            return false
        }
        warnOnce("refused \(batch.name)", "\(note); that is tried again")
        var batch = batch
        batch.putOff(now: now, pause: error.retryAfterMilliseconds.map { Int64($0) }, plan.timing)
        _ = try await store.put(batch, token: lease.token)
        return false
    }
}
