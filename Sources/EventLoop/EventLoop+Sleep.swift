extension EventLoop {
    /// Suspends the calling task, which must run on this loop, for `duration`.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    package func sleep(for duration: Duration, isolation: isolated (any Actor)? = #isolation) async throws {
        checkIsolated()
        let sleeper = Sleeper(loop: self)
        try await withTaskCancellationHandler {
            // Capturing the isolation is what keeps this closure on it.
            _ = isolation
            try await withUnsafeThrowingContinuation { continuation in
                sleeper.start(continuation, until: .now + duration)
            }
        } onCancel: {
            execute { sleeper.finish(.failure(CancellationError())) }
        }
    }
}

/// One sleeping task. `@unchecked Sendable` because it crosses into the cancellation handler, which touches it on the loop only.
private final class Sleeper: @unchecked Sendable {
    private let loop: EventLoop
    private var timer: LoopTimer?
    private var continuation: UnsafeContinuation<Void, any Error>?
    private var outcome: Result<Void, any Error>?

    init(loop: EventLoop) {
        self.loop = loop
    }

    func start(_ continuation: UnsafeContinuation<Void, any Error>, until deadline: MonotonicTime) {
        if let outcome {
            continuation.resume(with: outcome)
            return
        }
        self.continuation = continuation
        let timer = loop.makeTimer { [unowned self] in finish(.success(())) }
        timer.arm(at: deadline)
        self.timer = timer
    }

    func finish(_ outcome: Result<Void, any Error>) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        timer = nil
        continuation?.resume(with: outcome)
        continuation = nil
    }
}
