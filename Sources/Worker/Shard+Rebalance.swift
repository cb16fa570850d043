internal import Coordination
internal import EventLoop
internal import Kafka
internal import Logging

/// What a shard does when partitions come and go, and when the worker stops.
extension Shard {
    /// How long after their cancellation requests may still wait for the brokers.
    private static let lastResort = Duration.seconds(5)

    nonisolated var listener: PartitionListener {
        PartitionListener(
            assigned: { partitions in await withTaskExecutorPreference(self.loop) { await self.assign(partitions) } },
            revoked: { partitions in await withTaskExecutorPreference(self.loop) { await self.giveBack(partitions) } },
            lost: { partitions in await withTaskExecutorPreference(self.loop) { await self.drop(partitions) } })
    }

    /// Takes no more messages, lets what is in flight finish within the drain timeout, gives up the rest, and commits.
    ///
    /// - Returns: how many requests were given up; they stay uncommitted and are delivered to another member.
    func drain() async -> Int {
        isDraining = true
        for intake in partitions.values { dropWaiting(intake) }
        let intakes = Array(partitions.values)
        let states = intakes.map(\.state)
        let abandoned = await settle(states + retired)
        commitTimer = nil
        await commitFinally(states)
        noteEnd(of: intakes)
        await resources?.close()
        return abandoned
    }

    /// Releases what belongs to the loop, after the consumer has closed and on the loop's thread.
    func tearDown() {
        forgetIntakes()
        lane = nil
        resources = nil
    }

    private func assign(_ assigned: [AssignedPartition]) {
        for partition in assigned { open(partition) }
    }

    /// Takes back what was noted when work on the partitions began.
    private func noteEnd(of intakes: [PartitionIntake]) {
        for intake in intakes where intake.caution != .begin {
            resources?.crashGuard?.noteEnd(of: intake.state.partition.description, begunAt: intake.state.beginning)
        }
    }

    private func giveBack(_ revoked: [TopicPartition]) async {
        let leaving = revoked.compactMap { partitions[$0] }
        for intake in leaving { dropWaiting(intake) }
        let gone = Set(revoked)
        let states = leaving.map(\.state)
        _ = await settle(states + retired.filter { gone.contains($0.partition) })
        await commitFinally(states)
        noteEnd(of: leaving)
        for state in states { state.leave() }
        forget(revoked)
    }

    private func drop(_ lost: [TopicPartition]) {
        let gone = Set(lost)
        for state in lost.compactMap({ partitions[$0]?.state }) + retired.filter({ gone.contains($0.partition) }) { state.leave() }
        forget(lost)
    }

    private func forget(_ leaving: [TopicPartition]) {
        for partition in leaving { close(partition) }
        let gone = Set(leaving)
        retired.removeAll { gone.contains($0.partition) }
    }

    /// Waits for the partitions' requests, at most for the drain timeout, then cancels them. Returns how many were cancelled.
    private func settle(_ leaving: [PartitionState]) async -> Int {
        var cancelled = 0
        // What is on its way to the broker is nearly always done in a moment, and would be done twice if it were given up.
        let lastResort = loop.makeTimer {
            for state in leaving where state.running > 0 { state.giveUp() }
            self.resources?.abandonUndelivered()
        }
        let timer = loop.makeTimer {
            for state in leaving {
                cancelled += state.running
                state.cancelAll()
            }
            lastResort.arm(after: Self.lastResort)
        }
        timer.arm(after: plan.drainTimeout)
        for state in leaving { await state.waitUntilIdle() }
        timer.disarm()
        lastResort.disarm()
        return cancelled
    }
}
