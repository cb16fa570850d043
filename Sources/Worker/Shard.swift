internal import EventLoop
internal import Kafka
internal import Logging
internal import Redis

/// The share of the worker that lives on one event loop: takes messages from its lane as long as it has room for them, runs each
/// as a task on the loop, tracks which are done, and commits.
actor Shard {
    private let loop: EventLoop
    private let makeResources: @Sendable (EventLoop) throws -> LoopResources
    private let limits: IntakeLimits
    private let commitInterval: Duration
    private let drainTimeout: Duration
    private let counters: WorkerCounters
    private let logger: Logger

    private var lane: ConsumerLane?
    private var resources: LoopResources?
    private var commitTimer: LoopTimer?
    private var isCommitting = false
    private var commitWaiters: [UnsafeContinuation<Void, Never>] = []
    private var partitions: [TopicPartition: PartitionState] = [:]
    private var intake = IntakeState()
    private var intakeScheduled = false
    private var isDraining = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(
        loop: EventLoop, limits: IntakeLimits, commitInterval: Duration, drainTimeout: Duration, counters: WorkerCounters, logger: Logger,
        makeResources: @escaping @Sendable (EventLoop) throws -> LoopResources
    ) {
        self.loop = loop
        self.limits = limits
        self.commitInterval = commitInterval
        self.drainTimeout = drainTimeout
        self.counters = counters
        self.logger = logger
        self.makeResources = makeResources
    }

    /// Makes what lives on the loop and begins to take messages as soon as partitions are assigned.
    ///
    /// - Throws: what a wrong configuration makes of it.
    func start(_ consumer: Consumer, laneIndex: Int) async throws {
        let resources = try makeResources(loop)
        self.resources = resources
        do throws(RedisError) {
            try await resources.connect()
        } catch {
            logger.warning("\(error); going on without it until it is there")
        }
        let lane = consumer.makeLane(laneIndex, on: loop)
        self.lane = lane
        lane.start { self.takeMessages() }
        let timer = loop.makeTimer { self.commitOnTimer() }
        timer.arm(after: commitInterval)
        commitTimer = timer
    }

    nonisolated var listener: PartitionListener {
        PartitionListener(
            assigned: { await self.assign($0) },
            revoked: { await self.giveBack($0) },
            lost: { await self.drop($0) })
    }

    /// Takes no more messages, lets what is in flight finish within the drain timeout, gives up the rest, and commits.
    ///
    /// - Returns: how many requests were given up; they stay uncommitted and are delivered to another member.
    func drain() async -> Int {
        isDraining = true
        lane?.stopIntake()
        let abandoned = await settle(Array(partitions.values))
        commitTimer = nil
        await commitFinally(Array(partitions.values))
        await resources?.close()
        return abandoned
    }

    /// Releases what belongs to the loop, after the consumer has closed and on the loop's thread.
    func tearDown() {
        partitions = [:]
        lane = nil
        resources = nil
    }

    // MARK: Intake

    private func takeMessages() {
        guard let lane, !isDraining else { return }
        while true {
            let room = min(limits.room(beside: intake), 256)
            guard room > 0 else {
                intake.isHeldBack = true
                return
            }
            let (messages, mayHaveMore) = lane.take(room)
            for message in messages { accept(message) }
            if !mayHaveMore { return }
        }
    }

    private func accept(_ message: KafkaMessage) {
        let key = TopicPartition(topic: message.topic, partition: message.partition)
        guard var partition = partitions[key], partition.takesMore else { return }
        if partition.hasPassed(message.offset) {
            // Within an assignment librdkafka goes back only where the log begins anew: a topic made again, or cut off.
            logger.warning(
                "the log begins anew",
                metadata: ["partition": "\(key)", "offset": "\(message.offset)", "expected": "\(partition.expected)"])
            partition = PartitionState(key)
            partitions[key] = partition
        }
        guard partition.deliver(message.offset) else { return }
        let size = message.value?.count ?? 0
        intake.add(bytes: size)
        counters.taken()
        let offset = message.offset
        partition.track(
            Task {
                let done = await self.resources?.handler.handle(message) ?? false
                self.finish(partition, offset: offset, bytes: size, done: done)
            }, for: offset)
    }

    private func finish(_ partition: PartitionState, offset: Int64, bytes: Int, done: Bool) {
        partition.finish(offset, done: done)
        intake.remove(bytes: bytes)
        counters.left()
        guard intake.isHeldBack, !intakeScheduled else { return }
        // Once a turn, however many requests end in it.
        intakeScheduled = true
        loop.atTurnEnd {
            self.intakeScheduled = false
            self.intake.isHeldBack = false
            self.takeMessages()
        }
    }

    // MARK: Rebalance

    private func assign(_ assigned: [AssignedPartition]) {
        for partition in assigned { partitions[partition.partition] = PartitionState(partition) }
    }

    private func giveBack(_ revoked: [TopicPartition]) async {
        let leaving = revoked.compactMap { partitions[$0] }
        _ = await settle(leaving)
        await commitFinally(leaving)
        for partition in revoked { partitions[partition] = nil }
    }

    private func drop(_ lost: [TopicPartition]) {
        for partition in lost {
            partitions[partition]?.cancelAll()
            partitions[partition] = nil
        }
    }

    /// Waits for the partitions' requests, at most for the drain timeout, then cancels them. Returns how many were cancelled.
    private func settle(_ leaving: [PartitionState]) async -> Int {
        for partition in leaving { partition.takesMore = false }
        var cancelled = 0
        // What is on its way to the broker is nearly always done in a moment, and would be done twice if it were given up.
        let lastResort = loop.makeTimer { self.resources?.abandonUndelivered() }
        let timer = loop.makeTimer {
            for partition in leaving where !partition.isIdle {
                cancelled += partition.tracker.inFlight
                partition.cancelAll()
            }
            lastResort.arm(after: .seconds(5))
        }
        timer.arm(after: drainTimeout)
        for partition in leaving { await partition.waitUntilIdle() }
        timer.disarm()
        lastResort.disarm()
        return cancelled
    }

    // MARK: Commits

    private func commitOnTimer() {
        guard let lane, lane.mayCommit, !isCommitting else {
            commitTimer?.arm(after: .milliseconds(30))
            return
        }
        commitTimer?.arm(after: commitInterval)
        Task {
            do throws(KafkaError) {
                try await self.commit(Array(self.partitions.values))
            } catch {
                self.logger.warning("\(error); the next commit covers it")
            }
        }
    }

    /// Commits what nobody will commit later: again and again while the group shares out its partitions, for longer than that takes.
    private func commitFinally(_ states: [PartitionState]) async {
        for _ in 0..<500 {
            // A commit under way may fail, and has taken note of what it was to commit.
            if isCommitting {
                await withUnsafeContinuation { commitWaiters.append($0) }
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
        guard let lane else { return }
        let due = states.compactMap { state in state.takeUncommitted().map { (state, $0) } }
        guard !due.isEmpty else { return }
        isCommitting = true
        defer {
            isCommitting = false
            for waiter in commitWaiters { waiter.resume() }
            commitWaiters = []
        }
        do throws(KafkaError) {
            try await lane.commit(due.map(\.1), timeout: .seconds(10))
            for (state, commit) in due { state.noteCommitted(commit) }
        } catch {
            for (state, _) in due { state.noteCommitFailed() }
            throw error
        }
    }
}
