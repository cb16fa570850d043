internal import Envelope
internal import EventLoop
internal import HTTP
internal import Logging
internal import Providers
internal import Redis
internal import Routing

/// From the provider to the requests.
extension BatchLane {
    // MARK: Looking

    func look(_ batch: Batch, _ lease: BatchLease) async throws(RedisError) -> Bool {
        guard case .submitted(let key, let id, _, _, _) = batch.phase, let (endpoint, format, _) = provider(of: batch) else { return false }
        return try await note(await ask(format.look(id), endpoint, format, key), of: batch, lease) { batch, told, now in
            batch.saw(told, now: now)
        }
    }

    func cancel(_ batch: Batch, _ lease: BatchLease) async throws(RedisError) -> Bool {
        guard case .submitted(let key, let id, _, _, _) = batch.phase, let (endpoint, format, _) = provider(of: batch) else { return false }
        logger.notice("a batch takes too long and is cancelled", metadata: ["batch": "\(batch.name)", "id": "\(id)"])
        let told = await ask(format.cancel(id), endpoint, format, key)
        // What has ended meanwhile cannot be cancelled: a look tells.
        if case .failure(let failure) = told, !failure.error.retryable, !failure.mayHaveRun { return try await look(batch, lease) }
        return try await note(told, of: batch, lease) { batch, told, now in batch.wasCancelled(told, now: now) }
    }

    private func ask(
        _ call: BatchCall, _ endpoint: ProviderEndpoint, _ format: any BatchFormat, _ key: Int
    ) async -> Result<ProviderBatch, BatchAPI.Failure> {
        guard let api else { return .failure(BatchAPI.closed) }
        do throws(BatchAPI.Failure) {
            let answer = try await api.send(call, to: endpoint, key: key)
            return .success(try BatchAPI.read(answer) { bytes throws(ProviderError) in try format.readBatch(bytes) })
        } catch {
            return .failure(error)
        }
    }

    private func note(
        _ told: Result<ProviderBatch, BatchAPI.Failure>, of batch: Batch, _ lease: BatchLease,
        _ change: (inout Batch, ProviderBatch, Int64) -> Void
    ) async throws(RedisError) -> Bool {
        guard let store else { return false }
        var batch = batch
        let now = WallClock.milliseconds
        switch told {
        case .success(let told):
            change(&batch, told, now)
            if case .refused(_, let said) = told.state {
                let error = ProviderError(code: .providerInvalidRequest, message: said)
                let reason = error.hiding(provider(of: batch)?.endpoint.secrets ?? []).message
                logger.warning("the provider has refused a batch: \(reason)", metadata: ["batch": "\(batch.name)", "id": "\(told.id)"])
            }
        case .failure(let failure):
            warnOnce("look \(batch.name)", "a batch cannot be looked at: \(failure.error.message)")
            batch.wasNotSeen(now: now)
        }
        return try await store.put(batch, token: lease.token)
    }

    // MARK: Collecting

    /// Gives each request its result, and forgets the batch.
    func collect(_ batch: Batch, _ lease: BatchLease) async throws(RedisError) -> Bool {
        guard let store, case .ended(let key, _, let milliseconds, let results, let otherwise) = batch.phase else { return false }
        var requests: [String] = []
        while requests.count < batch.size {
            let more = try await store.members(of: batch.name, from: requests.count)
            guard !more.isEmpty else { break }
            requests += more
        }
        if !results.isEmpty {
            guard let (endpoint, format, _) = provider(of: batch) else { return false }
            let collection = Collection(
                batch: batch, requests: requests, milliseconds: milliseconds, endpoint: endpoint, format: format, key: key, lease: lease)
            for path in results {
                guard try await collect(path, collection) else { return false }
            }
        }
        guard try await store.dissolve(batch.name, otherwise, token: lease.token) else { return false }
        logger.info("a batch has ended", metadata: ["batch": "\(batch.name)", "requests": "\(batch.size)"])
        return false
    }

    private struct Collection {
        let batch: Batch
        let requests: [String]
        let milliseconds: Int64
        let endpoint: ProviderEndpoint
        let format: any BatchFormat
        let key: Int
        let lease: BatchLease
    }

    /// Reads one file of results.
    ///
    /// - Returns: false if it has to be done again.
    private func collect(_ path: String, _ collection: Collection) async throws(RedisError) -> Bool {
        var taken = 0
        while true {
            let reader = LineReader(skipping: taken)
            let transfer = Task { await self.read(path, collection, into: reader) }
            do throws(RedisError) {
                while let lines = await reader.next() {
                    guard try await settle(lines, collection) else {
                        transfer.cancel()
                        return false
                    }
                    taken += lines.count
                }
            } catch {
                transfer.cancel()
                throw error
            }
            switch await transfer.value {
            case nil: return true
            case .some(let failure) where failure.isBackPressure: continue
            case .some(let failure):
                warnOnce("collect \(collection.batch.name)", "the results of a batch cannot be read: \(failure.error.message)")
                return false
            }
        }
    }

    /// - Returns: why it was not read to its end; nil if it was.
    private func read(_ path: String, _ collection: Collection, into reader: LineReader) async -> BatchAPI.Failure? {
        let failure: BatchAPI.Failure?
        do throws(BatchAPI.Failure) {
            guard let api else { throw BatchAPI.closed }
            try await api.stream(BatchCall(.get, path), from: collection.endpoint, key: collection.key) { try reader.take($0) }
            failure = nil
        } catch {
            failure = error
        }
        reader.finish(isWhole: failure == nil)
        return failure
    }

    private func settle(_ lines: [[UInt8]], _ collection: Collection) async throws(RedisError) -> Bool {
        guard let store else { return false }
        var results: [(request: String, entry: BatchEntry)] = []
        for line in lines {
            let result = line.withUnsafeBytes { bytes in try? collection.format.readResult(bytes) }
            guard let result, let number = collection.batch.requestNumber(result.name), number < collection.requests.count else {
                warnOnce("line \(collection.batch.name)", "a batch has results that cannot be read; what has none is asked again")
                continue
            }
            let entry: BatchEntry =
                switch result.outcome {
                case .response(let status, let body):
                    .result(status: status, milliseconds: collection.milliseconds, body: Array(line[body.start..<body.end]))
                case .expired: .without(.expired)
                case .cancelled: .without(.cancelled)
                case .none: .without(.failed)
                }
            results.append((collection.requests[number], entry))
        }
        return try await store.settle(results, of: collection.batch.name, token: collection.lease.token)
    }
}
