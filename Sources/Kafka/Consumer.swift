internal import CRdKafka
package import EventLoop
package import Logging

/// What a lane's owner does when its partitions come and go.
package struct PartitionListener: Sendable {
    /// The partitions are about to be fetched. Called before the first message.
    package var assigned: @Sendable ([AssignedPartition]) async -> Void
    /// The partitions are leaving in good order: finish or give up what is in flight, commit, and return.
    package var revoked: @Sendable ([TopicPartition]) async -> Void
    /// The partitions belong to another member already: drop everything, commit nothing.
    package var lost: @Sendable ([TopicPartition]) async -> Void

    package init(
        assigned: @escaping @Sendable ([AssignedPartition]) async -> Void,
        revoked: @escaping @Sendable ([TopicPartition]) async -> Void,
        lost: @escaping @Sendable ([TopicPartition]) async -> Void
    ) {
        self.assigned = assigned
        self.revoked = revoked
        self.lost = lost
    }
}

/// A member of a consumer group. Each partition assigned to it goes to one of its lanes; a lane belongs to one event loop.
///
/// Offsets are never stored or committed by librdkafka: a lane commits what its owner says.
package actor Consumer {
    private let loop: EventLoop
    private let handle: KafkaHandle
    private let log: KafkaLog
    private let watch: RebalanceWatch
    private let laneCount: Int
    private let losses = LossCount()
    private var queue: KafkaQueue?
    private var poll: LoopTimer?
    private var listeners: [PartitionListener] = []
    private var assignment: Set<TopicPartition> = []
    private var laneOf: [TopicPartition: Int] = [:]
    private var rebalances: [Rebalance] = []
    private var isRebalancing = false
    /// The group's protocol, known while there is an assignment: librdkafka no longer tells it when that is lost.
    private var isCooperative = false
    private var closed: UnsafeContinuation<Void, Never>?
    private var phase = Phase.idle
    private let onStatistics: @Sendable (String) -> Void
    private var onJoined: (@Sendable () -> Void)?
    private let onFatal: @Sendable (KafkaError) -> Void

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private enum Phase { case idle, running, leaving, closing, closed }

    private struct Rebalance {
        let isAssignment: Bool
        let partitions: [TopicPartition]
        let isLost: Bool
    }

    /// - Parameters:
    ///   - loop: where the group's events are served.
    ///   - laneCount: how many lanes the partitions are spread over.
    ///   - onFatal: called with an error after which the consumer can do no more, such as that its static member id is another's.
    ///   - onStatistics: gets librdkafka's statistics, a JSON text, at each `statistics.interval.ms`.
    /// - Throws: `KafkaError.Code.invalidConfiguration`.
    package init(
        properties: KafkaProperties, loop: EventLoop, laneCount: Int, logger: Logger,
        onStatistics: @escaping @Sendable (String) -> Void, onFatal: @escaping @Sendable (KafkaError) -> Void = { _ in }
    ) throws(KafkaError) {
        let required = [
            (name: "enable.auto.commit", value: "false"),
            (name: "enable.auto.offset.store", value: "false"),
            (name: "log.queue", value: "true"),
        ]
        let events = RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS | RD_KAFKA_EVENT_OFFSET_COMMIT
        let watch = RebalanceWatch()
        let handle = try KafkaHandle(RD_KAFKA_CONSUMER, properties.merging(required), events: events, watch: watch)
        self.watch = watch
        rd_kafka_poll_set_consumer(handle.pointer)
        rd_kafka_set_log_queue(handle.pointer, nil)
        self.loop = loop
        self.handle = handle
        self.log = KafkaLog(logger: logger)
        self.onStatistics = onStatistics
        self.onFatal = onFatal
        self.laneCount = laneCount
    }

    /// A lane, to be made on the loop that is to own it.
    package nonisolated func makeLane(on loop: EventLoop) -> ConsumerLane {
        ConsumerLane(handle: handle, watch: watch, loop: loop, log: log)
    }

    /// This consumer as the member of its group, for transactions that commit its offsets.
    package nonisolated var member: GroupMember { GroupMember(handle: handle, log: log, losses: losses) }

    /// Joins the group.
    ///
    /// - Parameters:
    ///   - listeners: one for each lane.
    ///   - onJoined: called once, when the group has given this member its partitions, if only none.
    package func subscribe(
        to topics: [String], listeners: [PartitionListener], onJoined: @escaping @Sendable () -> Void = {}
    ) throws(KafkaError) {
        precondition(listeners.count == laneCount && phase == .idle)
        self.listeners = listeners
        self.onJoined = onJoined
        guard let pointer = rd_kafka_queue_get_consumer(handle.pointer) else {
            throw KafkaError(.invalidConfiguration, "cannot consume: kafka.consumer has no group.id")
        }
        let queue = KafkaQueue(pointer, of: handle)
        self.queue = queue
        queue.start(on: loop) { [unowned self] in assumeIsolated { $0.serve() } }
        // A consumer whose partitions are all quiet yields no events; polling is what tells the broker that it lives.
        let poll = loop.makeTimer { [unowned self] in assumeIsolated { $0.pollOnTimer() } }
        poll.arm(after: .seconds(1))
        self.poll = poll
        phase = .running
        let list = PartitionList(topics.map { TopicPartition(topic: $0, partition: RD_KAFKA_PARTITION_UA) })
        let result = list.use { rd_kafka_subscribe(handle.pointer, $0) }
        guard result == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(result, while: "cannot subscribe to \(topics.joined(separator: ", "))")
        }
    }

    /// Leaves the group: gives all partitions back through the listeners, then closes. Lanes must have released their messages.
    ///
    /// - Parameter timeout: how long to wait for brokers that do not answer. The group then finds out by itself.
    package func close(timeout: Duration) async {
        guard phase == .running else { return }
        phase = .leaving
        let limit = loop.makeTimer { [unowned self] in assumeIsolated { $0.giveUpClosing() } }
        limit.arm(after: timeout)
        await withUnsafeContinuation { continuation in
            closed = continuation
            // librdkafka 2.0.2 may hang or crash when it is closed while an assignment comes in: give the assignment back first.
            rd_kafka_unsubscribe(handle.pointer)
            closeIfAssignmentIsGone()
        }
        poll = nil
        queue = nil
        // Debian 12's librdkafka may abort when a member is destroyed that the group was not done with (its issue 4312). A process has one
        // consumer and is about to end: let it go with that.
        _ = Unmanaged.passRetained(handle)
    }

    // MARK: Events

    private func pollOnTimer() {
        serve()
        poll?.arm(after: .seconds(1))
    }

    private func serve() {
        while let event = queue?.poll() {
            switch rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_REBALANCE: noteRebalance(event)
            case RD_KAFKA_EVENT_ERROR:
                let error = log.error(event, brokers: handle.brokers)
                if error.code == .fatal { onFatal(KafkaError(.fatal, handle.fatalError ?? error.message)) }
            case RD_KAFKA_EVENT_LOG: log.log(event)
            case RD_KAFKA_EVENT_STATS: onStatistics(String(cString: rd_kafka_event_stats(event)))
            default: break
            }
            rd_kafka_event_destroy(event)
        }
        if phase == .closing, rd_kafka_consumer_closed(handle.pointer) != 0 { finishClosing() }
    }

    private func giveUpClosing() {
        log.logger.warning("Kafka at \(handle.brokers) does not answer: leaving without a word to the group")
        finishClosing()
    }

    private func finishClosing() {
        phase = .closed
        closed?.resume()
        closed = nil
    }

    private func noteRebalance(_ event: OpaquePointer) {
        rebalances.append(
            Rebalance(
                isAssignment: rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS,
                partitions: PartitionList.partitions(in: rd_kafka_event_topic_partition_list(event)),
                isLost: rd_kafka_assignment_lost(handle.pointer) != 0))
        guard !isRebalancing else { return }
        isRebalancing = true
        Task { await rebalance() }
    }

    private func rebalance() async {
        while !rebalances.isEmpty {
            let next = rebalances.removeFirst()
            if next.isAssignment {
                await assign(next.partitions)
            } else {
                await revoke(next.partitions, isLost: next.isLost)
            }
        }
        isRebalancing = false
        closeIfAssignmentIsGone()
    }

    private func assign(_ partitions: [TopicPartition]) async {
        isCooperative = rd_kafka_rebalance_protocol(handle.pointer).map { String(cString: $0) } == "COOPERATIVE"
        for partition in partitions { laneOf[partition] = emptiestLane }
        let committed = await committed(partitions)
        if committed == nil {
            log.logger.error("the committed offsets are unknown: requests that were done out of order may be done again")
        }
        await forEachLane(partitions) { listener, partitions in
            await listener.assigned(
                partitions.map { committed?[$0] ?? AssignedPartition(partition: $0, committed: nil, metadata: nil) })
        }
        assignment.formUnion(partitions)
        let list = PartitionList(partitions)
        if isCooperative {
            report(list.use { rd_kafka_incremental_assign(handle.pointer, $0) })
        } else {
            report(list.use { rd_kafka_assign(handle.pointer, $0) })
        }
        log.logger.info("partitions assigned", metadata: ["partitions": "\(partitions.map(\.description).sorted())"])
        onJoined?()
        onJoined = nil
    }

    /// What is committed, asked until it is known, or something else is to be done.
    private func committed(_ partitions: [TopicPartition]) async -> [TopicPartition: AssignedPartition]? {
        repeat {
            if let committed = await member.committed(partitions) { return committed }
        } while rebalances.isEmpty && phase == .running
        return nil
    }

    private func revoke(_ partitions: [TopicPartition], isLost: Bool) async {
        if isLost {
            await forEachLane(partitions) { await $0.lost($1) }
        } else {
            await forEachLane(partitions) { await $0.revoked($1) }
        }
        // Before the member can get into the group's next generation.
        losses.increment()
        assignment.subtract(partitions)
        for partition in partitions { laneOf[partition] = nil }
        if isCooperative {
            let list = PartitionList(partitions)
            report(list.use { rd_kafka_incremental_unassign(handle.pointer, $0) })
        } else {
            report(rd_kafka_assign(handle.pointer, nil))
        }
        log.logger.info(
            isLost ? "partitions lost" : "partitions revoked", metadata: ["partitions": "\(partitions.map(\.description).sorted())"])
    }

    private func closeIfAssignmentIsGone() {
        guard phase == .leaving, !isRebalancing, rebalances.isEmpty, assignment.isEmpty, let queue else { return }
        phase = .closing
        if let error = rd_kafka_consumer_close_queue(handle.pointer, queue.pointer) {
            log.logger.warning("closing the consumer: \(String(cString: rd_kafka_error_string(error)))")
            rd_kafka_error_destroy(error)
        }
        poll?.arm(after: .milliseconds(10))
        serve()
    }

    // MARK: Lanes

    /// The lane that has fewest partitions. What assignors deal out has patterns of its own, so the number of a partition says little.
    private var emptiestLane: Int {
        let loads = Dictionary(laneOf.values.map { ($0, 1) }, uniquingKeysWith: +)
        return (0..<laneCount).min { (loads[$0] ?? 0, $0) < (loads[$1] ?? 0, $1) } ?? 0
    }

    private func forEachLane(
        _ partitions: [TopicPartition], _ body: @escaping @Sendable (PartitionListener, [TopicPartition]) async -> Void
    ) async {
        let byLane = Dictionary(grouping: partitions) { laneOf[$0] ?? 0 }
        let listeners = listeners
        await withTaskGroup(of: Void.self) { group in
            for (lane, partitions) in byLane {
                group.addTask { await body(listeners[lane], partitions) }
            }
        }
    }

    private func report(_ error: OpaquePointer?) {
        guard let error else { return }
        log.logger.error("rebalance: \(String(cString: rd_kafka_error_string(error)))")
        rd_kafka_error_destroy(error)
    }

    private func report(_ result: rd_kafka_resp_err_t) {
        guard result != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        log.logger.error("\(KafkaError(result, while: "rebalance"))")
    }
}
