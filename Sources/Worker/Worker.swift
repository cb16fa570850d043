package import Configuration
internal import Coordination
internal import EventLoop
internal import Foundation
internal import Kafka
package import Logging
internal import ServiceLifecycle

/// The service: consumes requests, has them answered, and publishes the responses, until it is asked to stop.
package struct Worker: Service {
    /// Partitions of a retry topic that is created: few requests come there.
    private static let retryPartitions = 4

    private let configuration: Configuration
    private let logger: Logger
    private let onReady: @Sendable () -> Void

    /// - Parameter onReady: called once, when the worker has joined its group.
    package init(configuration: Configuration, logger: Logger, onReady: @escaping @Sendable () -> Void = {}) {
        self.configuration = configuration
        self.logger = logger
        self.onReady = onReady
    }

    /// Runs until the task is shut down gracefully; then drains, commits and leaves the group.
    ///
    /// - Throws: `KafkaError` or `ConfigurationError` if the worker cannot start.
    package func run() async throws {
        let loopCount = configuration.worker.loops > 0 ? configuration.worker.loops : ProcessorCount.available
        var plan = try WorkerPlan(configuration, loops: loopCount)
        if let limit = FileLimit.shortage(for: configuration.worker.maxInFlight) {
            logger.warning(
                "the limit of open files may be too low for worker.max_in_flight; raise it (ulimit -n)",
                metadata: ["limit": "\(limit)", "max_in_flight": "\(configuration.worker.maxInFlight)"])
        }
        guard let cluster = try await Shutdown.unlessFirst({ try await prepareTopics() }) else { return }
        let consumerProperties = consumerProperties(for: cluster)
        plan.adapt(to: consumerProperties)
        let counters = WorkerCounters()
        let (fatalErrors, fatal) = AsyncStream.makeStream(of: KafkaError.self)
        let loops = (0..<loopCount).map { EventLoop(name: "switchyard-\($0)") }
        let statistics = StatusLog(logger: logger, counters: counters)
        let consumer = try Consumer(
            properties: consumerProperties, loop: loops[0], laneCount: loopCount, logger: logger,
            onStatistics: { statistics.note($0) }, onFatal: { fatal.yield($0) })
        let shardPlan = ShardPlan(configuration, shards: loopCount)
        let (groupMember, finalPlan) = (consumer.member, plan)
        let logger = logger
        let fleet = LoopResources.Fleet(view: FleetView(loops: loopCount), member: member(loops: loopCount)) {
            LoadReport(counters, statistics)
        }
        let shards = loops.enumerated().map { index, loop in
            Shard(loop: loop, plan: shardPlan, counters: counters, logger: logger) { loop, lane in
                let source = LoopResources.Source(lane: lane, member: groupMember, index: index, isEmbedded: cluster == .embedded)
                return try LoopResources(plan: finalPlan, source: source, fleet: fleet, loop: loop, counters: counters, logger: logger)
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for shard in shards { group.addTask(executorPreference: shard.loop) { try await shard.start(consumer) } }
            try await group.waitForAll()
        }
        try await consumer.subscribe(
            to: configuration.topics.requests + configuration.topics.retry.map(\.name), listeners: shards.map(\.listener),
            onJoined: {
                statistics.noteJoined()
                onReady()
            })
        logger.info(
            "worker started",
            metadata: [
                "worker": "\(configuration.worker.id)", "topics": "\(configuration.topics.requests.joined(separator: ","))",
                "loops": "\(loopCount)", "max_in_flight": "\(configuration.worker.maxInFlight)",
            ])

        let reporting = Task { await statistics.run() }
        let failure = await Shutdown.orFirst(of: fatalErrors)
        reporting.cancel()
        logger.info("draining", metadata: ["in_flight": "\(counters.snapshot.inFlight)"])
        let abandoned = await drain(shards)
        await consumer.close(timeout: .seconds(10))
        for shard in shards { await shard.tearDown() }
        await BlockingThread.run { () throws(Never) in for loop in loops { loop.shutDown() } }
        let total = counters.snapshot
        logger.info(
            "worker stopped",
            metadata: [
                "succeeded": "\(total.succeeded)", "failed": "\(total.failed)", "dead_lettered": "\(total.deadLettered)",
                "handed_back": "\(abandoned)", "peak_in_flight": "\(total.peakInFlight)",
            ])
        if let failure { throw failure }
    }

    private func member(loops: Int) -> FleetMember {
        FleetMember(
            id: configuration.worker.id, version: ProductVersion.current, host: ProcessInfo.processInfo.hostName,
            pid: Int(ProcessInfo.processInfo.processIdentifier), started: WallClock.milliseconds, loops: loops)
    }

    private func drain(_ shards: [Shard]) async -> Int {
        await withTaskGroup(of: Int.self) { group in
            for shard in shards { group.addTask(executorPreference: shard.loop) { await shard.drain() } }
            return await group.reduce(0, +)
        }
    }

    private enum Cluster { case embedded, other }

    /// The embedded broker lets a member join a group that has or had others only after nearly its session timeout: there it is short.
    private func consumerProperties(for cluster: Cluster) -> KafkaProperties {
        let properties = configuration.kafka.workerConsumerProperties
        guard cluster == .embedded, properties["session.timeout.ms"] == nil else { return properties }
        return properties.merging([("session.timeout.ms", "6000"), ("heartbeat.interval.ms", "1000")])
    }

    /// Makes sure that Kafka is there and has the topics, so that a worker that cannot work says so at once.
    private func prepareTopics() async throws -> Cluster {
        let (configuration, logger) = (configuration, logger)
        return try await BlockingThread.run { () throws(KafkaError) in
            let admin = try KafkaAdmin(properties: configuration.kafka.adminProperties, logger: logger)
            let topics = configuration.topics
            let names =
                topics.requests + [topics.responses, topics.chunks, topics.events, topics.deadLetter].filter { !$0.isEmpty }
                + topics.replyTo
            let retries = topics.retry.map(\.name)
            if topics.create {
                var created = try admin.ensureTopics(
                    names, partitions: topics.partitions, replicationFactor: topics.replicationFactor, timeout: .seconds(15))
                created += try admin.ensureTopics(
                    retries, partitions: min(topics.partitions, Self.retryPartitions), replicationFactor: topics.replicationFactor,
                    timeout: .seconds(15))
                if !created.isEmpty { logger.info("topics created", metadata: ["topics": "\(created.joined(separator: ","))"]) }
            } else {
                let existing = try admin.partitionCounts(timeout: .seconds(15))
                let missing = (names + retries).filter { existing[$0] == nil }
                guard missing.isEmpty else {
                    throw KafkaError(
                        .unknownTopic, "missing at Kafka: \(missing.joined(separator: ", ")); create the topics, or set topics.create: true"
                    )
                }
            }
            return admin.isEmbeddedBroker(timeout: .seconds(5)) ? .embedded : .other
        }
    }
}
