internal import EventLoop
internal import Kafka
internal import Logging

/// When a shard commits what is done: on a timer, and finally when partitions leave. In transactions, what is published carries the
/// offsets, and only what was done without publishing anything is committed here.
extension Shard {
    private static let timeout = Duration.seconds(10)

    func startCommits() {
        let timer = loop.makeTimer { self.commitOnTimer() }
        timer.arm(after: plan.commitInterval)
        commitTimer = timer
        resources?.transactions?.start(owned: { self.partitions.values.map(\.state) }) {
            Task { await self.resources?.transactions?.perform() }
        }
    }

    private func commitOnTimer() {
        guard let lane, lane.mayCommit, !isCommitting else {
            commitTimer?.arm(after: .milliseconds(30))
            return
        }
        commitTimer?.arm(after: plan.commitInterval)
        Task {
            do throws(KafkaError) {
                try await self.commit(self.partitions.values.map(\.state))
            } catch {
                let level = error.code == .rebalanceInProgress ? Logger.Level.debug : .warning
                self.logger.log(level: level, "\(error); the next commit covers it")
            }
        }
    }

    /// Commits what nobody will commit later: again and again while the group shares out its partitions, for longer than that takes.
    func commitFinally(_ states: [PartitionState]) async {
        // A transaction waits for its coordinator, however long.
        let limit = loop.makeTimer {
            self.resources?.transactions?.abandon()
            self.finalCommitLimit?.arm(after: Self.timeout)
        }
        limit.arm(after: Self.timeout)
        finalCommitLimit = limit
        defer { finalCommitLimit = nil }
        for _ in 0..<500 {
            // A commit under way may fail, and has taken note of what it was to commit.
            if isCommitting {
                await withUnsafeContinuation { continuation in
                    if isCommitting { commitWaiters.append(continuation) } else { continuation.resume() }
                }
                continue
            }
            do throws(KafkaError) {
                return try await commit(states)
            } catch {
                guard error.code == .rebalanceInProgress, (try? await loop.sleep(for: .milliseconds(30))) != nil else {
                    logger.error("\(error); what was done since the last commit is done again by the partitions' next owner")
                    return
                }
            }
        }
    }

    private func commit(_ states: [PartitionState]) async throws(KafkaError) {
        isCommitting = true
        defer {
            isCommitting = false
            for waiter in commitWaiters { waiter.resume() }
            commitWaiters = []
        }
        if let transactions = resources?.transactions { return try await transactions.commit(states) }
        guard let lane else { return }
        let due = states.compactMap { state in state.takeUncommitted().map { (state, $0) } }
        guard !due.isEmpty else { return }
        do throws(KafkaError) {
            try await lane.commit(due.map(\.1), timeout: Self.timeout)
            for (state, commit) in due { state.noteCommitted(commit) }
        } catch {
            for (state, _) in due { state.noteCommitFailed() }
            throw error
        }
    }
}
