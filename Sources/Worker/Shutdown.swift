internal import ServiceLifecycle

/// Waiting for the service to be asked to stop, beside something else.
enum Shutdown {
    /// Runs `work`, unless the service is asked to stop first; `work` is then left to itself.
    ///
    /// - Returns: what `work` returns; nil if the service was asked to stop before.
    /// - Throws: what `work` throws.
    static func unlessFirst<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value? {
        let (outcomes, outcome) = AsyncStream.makeStream(of: Result<Value?, any Error>.self)
        let waiting = Task {
            try? await gracefulShutdown()
            outcome.yield(.success(nil))
        }
        Task {
            do {
                outcome.yield(.success(try await work()))
            } catch {
                outcome.yield(.failure(error))
            }
        }
        defer { waiting.cancel() }
        for await first in outcomes { return try first.get() }
        return nil
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
