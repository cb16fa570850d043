internal import Configuration
internal import Coordination
internal import DequeModule
internal import Envelope
internal import EventLoop
internal import Kafka
internal import Logging
internal import Redis
internal import Routing

/// The share of the worker that lives on one event loop: takes messages from its partitions as long as it has room for them, has the
/// scheduler choose which goes next, runs each as a task on the loop, tracks which are done, and commits.
actor Shard {
    let loop: EventLoop
    let plan: ShardPlan
    let counters: WorkerCounters
    let logger: Logger
    private let makeResources: @Sendable (EventLoop, ConsumerLane) throws -> LoopResources

    var lane: ConsumerLane?
    var resources: LoopResources?
    var commitTimer: LoopTimer?
    /// Due when a commit that nobody will make up for takes too long.
    var finalCommitLimit: LoopTimer?
    var isCommitting = false
    var commitWaiters: [UnsafeContinuation<Void, Never>] = []
    var partitions: [TopicPartition: PartitionIntake] = [:]
    /// Logs that have begun anew while requests of the old one were in flight.
    var retired: [PartitionState] = []

    private var freeSlots: [Int] = []
    private var slotCount = 0
    /// The partitions that may have something to take, in the order of their turns.
    private var promising: Deque<PartitionIntake> = []
    private var scheduler: Scheduler<Waiting>
    private var load = IntakeLoad()
    private var running = 0
    /// Requests that have waited to try again, and go on before others begin.
    private var returning: Deque<UnsafeContinuation<Void, Never>> = []
    private var concurrency: ConcurrencyLimit?
    private var serviceScheduled = false
    var isDraining = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private struct Waiting {
        let message: KafkaMessage
        let decoded: Result<RequestHandler.Accepted, EnvelopeError>
        let intake: PartitionIntake
        let state: PartitionState
        let bytes: Int
    }

    init(
        loop: EventLoop, plan: ShardPlan, counters: WorkerCounters, logger: Logger,
        makeResources: @escaping @Sendable (EventLoop, ConsumerLane) throws -> LoopResources
    ) {
        self.loop = loop
        self.plan = plan
        self.counters = counters
        self.logger = logger
        self.makeResources = makeResources
        scheduler = Scheduler(ordering: plan.ordering)
        concurrency = plan.isAdaptive ? ConcurrencyLimit(range: 1...plan.limits.running) : nil
    }

    /// Makes what lives on the loop.
    ///
    /// - Throws: what a wrong configuration makes of it.
    func start(_ consumer: Consumer) async throws {
        let lane = consumer.makeLane(on: loop)
        let resources = try makeResources(loop, lane)
        self.lane = lane
        self.resources = resources
        do throws(RedisError) {
            try await resources.connect()
        } catch {
            logger.warning("\(error); going on without it until it is there")
        }
        try await resources.checkRedis()
        startCommits()
        resources.background = [
            Task { await withTaskExecutorPreference(self.loop) { await self.resources?.registry?.run() } },
            Task { await withTaskExecutorPreference(self.loop) { await self.resources?.budgets?.run() } },
            Task { await withTaskExecutorPreference(self.loop) { await self.resources?.keyKeeper?.run() } },
        ]
    }

    // MARK: Intake

    /// Notes that there may be something to take from a partition.
    private func list(_ intake: PartitionIntake) {
        guard !intake.isListed, intake.isPromising else { return }
        intake.isListed = true
        promising.append(intake)
    }

    /// Runs `serve` once in this turn of the loop, however often it is asked for.
    private func scheduleService() {
        guard !serviceScheduled else { return }
        serviceScheduled = true
        loop.atTurnEnd {
            self.serviceScheduled = false
            self.serve()
        }
    }

    /// Starts what may run and takes what there is room for, in turns, until nothing more can be done.
    private func serve() {
        repeat { startWaiting() } while takeRound()
        startWaiting()
    }

    /// Takes a few messages from each partition that may have some. Returns whether another round may find more.
    private func takeRound() -> Bool {
        guard !isDraining else { return false }
        var hasTaken = false
        for _ in 0..<promising.count {
            guard limitedRoom > 0, let intake = promising.popFirst() else { return false }
            intake.isListed = false
            if intake.caution != .none, let crashGuard = resources?.crashGuard {
                takeWithCaution(intake, crashGuard)
                continue
            }
            var taken = 0
            while taken < 32, limitedRoom > 0, room(in: intake) > 0, let message = intake.take() {
                accept(message, from: intake)
                taken += 1
            }
            if taken > 0 {
                hasTaken = true
                list(intake)
            }
        }
        return hasTaken
    }

    private func room(in intake: PartitionIntake) -> Int {
        plan.limits.room(inPartitionWith: intake.load, waiting: scheduler.count(of: intake.slot), partitions: partitions.count)
    }

    private var limitedRoom: Int { plan.limits.room(beside: load) }

    /// Takes one message after what is to be noted before has been noted.
    private func takeWithCaution(_ intake: PartitionIntake, _ crashGuard: CrashGuard) {
        var next = intake.take()
        // What was done before is not decoded.
        while let message = next, intake.state.wasDone(message.offset) {
            accept(message, from: intake)
            next = intake.take()
        }
        guard let message = next else { return }
        intake.hold()
        Task {
            let place = message.place.description
            var isPoison = false
            switch intake.caution {
            case .begin:
                let state = intake.state
                let mustNote = await crashGuard.noteBeginning(of: state.partition.description, at: state.beginning)
                intake.caution = mustNote ? .note(until: message.offset) : .none
                if mustNote {
                    self.logger.notice("work here has begun before and got nowhere", metadata: ["partition": "\(state.partition)"])
                }
            case .note(let first) where intake.state.isDone(upTo: first):
                intake.caution = .none
            case .note, .none:
                break
            }
            if case .note = intake.caution { isPoison = await crashGuard.noteDecoding(of: place) }
            guard intake.isOpen else { return }
            self.accept(message, from: intake, isPoison: isPoison)
            if !isPoison { crashGuard.noteDecoded(place) }
            intake.release()
            self.list(intake)
            self.scheduleService()
        }
    }

    private func accept(_ message: KafkaMessage, from intake: PartitionIntake, isPoison: Bool = false) {
        if intake.state.hasPassed(message.offset) {
            // Within an assignment librdkafka goes back only where the log begins anew: a topic made again, or cut off.
            logger.warning(
                "the log begins anew",
                metadata: [
                    "partition": "\(intake.state.partition)", "offset": "\(message.offset)", "expected": "\(intake.state.expected)",
                ])
            retired.append(intake.restart())
        }
        guard let handler = resources?.handler, intake.state.deliver(message.offset) else { return }
        let decoded: Result<RequestHandler.Accepted, EnvelopeError>
        do throws(EnvelopeError) {
            if isPoison { throw EnvelopeError(code: .poisonMessage, message: "workers have crashed whenever they decoded the message") }
            decoded = .success(try handler.accept(message))
        } catch {
            decoded = .failure(error)
        }
        let bytes = message.value?.count ?? 0
        load.add(bytes: bytes)
        intake.load.add(bytes: bytes)
        scheduler.add(
            Waiting(message: message, decoded: decoded, intake: intake, state: intake.state, bytes: bytes), priority: decoded.priority,
            partition: intake.slot, key: plan.ordering == .key ? message.key.map { Array($0) } : nil)
    }

    private func startWaiting() {
        while running < runningLimit {
            if let request = returning.popFirst() {
                running += 1
                request.resume()
                continue
            }
            guard let (waiting, turn) = scheduler.next() else { return }
            running += 1
            counters.taken()
            let offset = waiting.message.offset
            waiting.state.track(
                Task {
                    // The actor's executor is not enough: what waits in a function without isolation would be resumed on Swift's own threads.
                    let completion = await withTaskExecutorPreference(self.loop) {
                        await self.resources?.handler.handle(
                            waiting.decoded, Visit(waiting.message, of: waiting.state), slot: self.slot)
                    }
                    self.finish(waiting, turn, completion ?? Completion(isDone: false))
                }, for: offset)
        }
    }

    private var runningLimit: Int { concurrency?.limit ?? plan.limits.running }

    private var slot: CallSlot {
        CallSlot(
            giveBack: {
                self.running -= 1
                self.scheduleService()
            },
            takeAgain: { await self.takeSlotAgain() })
    }

    /// Counts a request among those that run, as soon as there is a place. One that was cancelled ends in a moment.
    private func takeSlotAgain() async {
        guard running >= runningLimit, !Task.isCancelled else {
            running += 1
            return
        }
        await withUnsafeContinuation { returning.append($0) }
    }

    private func finish(_ waiting: Waiting, _ turn: Scheduler<Waiting>.Turn, _ completion: Completion) {
        if let call = completion.call {
            concurrency?.note(latency: call.milliseconds, overloaded: call.isOverload, inFlight: running, now: .now)
        }
        waiting.state.finish(waiting.message.offset, done: completion.isDone)
        scheduler.finish(turn)
        running -= 1
        counters.left()
        remove(waiting)
        scheduleService()
    }

    private func remove(_ waiting: Waiting) {
        load.remove(bytes: waiting.bytes)
        waiting.intake.load.remove(bytes: waiting.bytes)
        list(waiting.intake)
    }

    /// Forgets what waits for its turn. It stays undone, for the partition's next owner.
    func dropWaiting(_ intake: PartitionIntake) {
        intake.stop()
        for waiting in scheduler.removeAll(of: intake.slot) { remove(waiting) }
    }

    // MARK: Assignment

    func open(_ assigned: AssignedPartition) {
        guard let lane else { return }
        let slot = freeSlots.popLast() ?? slotCount
        slotCount = max(slotCount, slot + 1)
        let state = PartitionState(assigned, metadataLimit: plan.metadataLimit, logger: logger)
        let intake = PartitionIntake(
            slot: slot, state: state, longestWait: plan.retryWaits[assigned.partition.topic].map { Double($0) * 1_000 }, loop: loop
        ) { intake in
            self.list(intake)
            self.scheduleService()
        }
        partitions[assigned.partition] = intake
        intake.attach(
            lane.open(assigned.partition) { [unowned intake] in
                intake.noteMessages()
                self.list(intake)
                self.scheduleService()
            })
    }

    /// Lets go of what belongs to the loop.
    func forgetIntakes() {
        promising = []
        partitions = [:]
        scheduler = Scheduler(ordering: plan.ordering)
        commitTimer = nil
    }

    func close(_ partition: TopicPartition) {
        guard let intake = partitions.removeValue(forKey: partition) else { return }
        dropWaiting(intake)
        freeSlots.append(intake.slot)
    }
}

extension Result where Success == RequestHandler.Accepted, Failure == EnvelopeError {
    /// What is no acceptable request costs little and is disposed of like an ordinary one.
    fileprivate var priority: Int {
        switch self {
        case .success(let accepted): accepted.request.priority
        case .failure: RequestEnvelope.defaultPriority
        }
    }
}
