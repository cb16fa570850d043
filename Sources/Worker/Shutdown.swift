internal import ServiceLifecycle

/// Waiting for the service to be asked to stop, beside something else.
enum Shutdown {
    /// Runs `work`, unless the service is asked to stop first; `work` is then left to itself.
    ///
    /// - Returns: whether it was asked to stop before `work` was done.
    /// - Throws: what `work` throws.
    static func overtakes(_ work: @escaping @Sendable () async throws -> Void) async throws -> Bool {
        let (outcomes, outcome) = AsyncStream.makeStream(of: Result<Bool, any Error>.self)
        let waiting = Task {
            try? await gracefulShutdown()
            outcome.yield(.success(true))
        }
        Task {
            do {
                try await work()
                outcome.yield(.success(false))
            } catch {
                outcome.yield(.failure(error))
            }
        }
        defer { waiting.cancel() }
        for await first in outcomes { return try first.get() }
        return true
    }

    /// Waits until the service is asked to stop, or something fails.
    ///
    /// - Returns: the failure, if that came first.
    static func orFirst<Failure: Error>(of failures: AsyncStream<Failure>) async -> Failure? {
        await withTaskGroup(of: Failure?.self) { group in
            group.addTask {
                try? await gracefulShutdown()
                return nil
            }
            group.addTask {
                for await failure in failures { return failure }
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}
