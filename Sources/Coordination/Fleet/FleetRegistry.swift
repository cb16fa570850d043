package import EventLoop
package import Logging
package import Redis

/// Tells the fleet of this worker, and the worker of the fleet. Confined to its Redis client's loop; a worker has one.
package final class FleetRegistry {
    /// After which a worker is gone that gave no heartbeat.
    package static let silence = Duration.seconds(10)

    private let member: FleetMember
    private let load: () -> FleetMember.Load
    private let view: FleetView
    private let store: FleetStore
    private let interval: Duration
    private let loop: EventLoop
    private let logger: Logger
    private var estimate: FleetEstimate
    /// Whether the last heartbeat was not answered.
    private(set) var isDegraded = false

    /// - Parameters:
    ///   - member: this worker.
    ///   - view: what to keep up to date.
    ///   - group: the consumer group, whose workers are the fleet.
    ///   - interval: between heartbeats.
    ///   - silence: after which a worker is gone; the same for all of a fleet.
    ///   - load: asked on the loop before each heartbeat.
    package init(
        member: FleetMember, view: FleetView, redis: RedisClient, group: String, interval: Duration = .seconds(2),
        silence: Duration = FleetRegistry.silence, loop: EventLoop, logger: Logger, load: @escaping () -> FleetMember.Load
    ) {
        self.member = member
        self.load = load
        self.view = view
        store = FleetStore(redis: redis, group: group, silence: silence)
        self.interval = interval
        self.loop = loop
        self.logger = logger
        estimate = FleetEstimate(own: FleetRoll.Count(workers: 1, loops: member.loops), patience: silence)
    }

    /// Gives heartbeats until the task is cancelled, and then leaves the fleet: a fleet of others does not wait for this one's silence.
    /// The client is to be closed after that.
    package func run(isolation: isolated (any Actor)? = #isolation) async {
        while !Task.isCancelled {
            await beat()
            try? await loop.sleep(for: interval)
        }
        store.leave(member.id)
    }

    private func beat(isolation: isolated (any Actor)? = #isolation) async {
        var member = member
        member.load = load()
        do {
            let (count, _) = try await store.beat(member.id, loops: member.loops, state: member.json)
            isDegraded = false
            estimate.answered(count, at: .now)
        } catch {
            if error.code == .cancelled { return }
            estimate.missed()
            if !isDegraded {
                isDegraded = true
                logger.warning("\(error); until it answers, the fleet is taken to have \(view.workers) workers as before")
            }
        }
        view.update(estimate.count)
    }
}
