internal import DequeModule
internal import Envelope
internal import EventLoop
internal import Kafka

/// The way of one partition's messages into a shard. Confined to it.
final class PartitionIntake {
    enum Caution: Equatable {
        /// To note that work on the partition begins.
        case begin
        /// To note the message, for workers have crashed on the partition: until everything up to this offset is done.
        case note(until: Int64)
        case none
    }

    /// The partition's number in the scheduler.
    let slot: Int
    private(set) var state: PartitionState
    /// What has been taken and not finished.
    var load = IntakeLoad()
    /// Whether the shard will look at it in its present round.
    var isListed = false
    /// What is to be done before the next message is decoded.
    var caution = Caution.begin
    /// Whether nothing is to be taken until a message has been looked into.
    private var isHeld = false
    /// Milliseconds that a message may wait, at most; nil if the partition is not a retry topic's.
    private let longestWait: Double?
    private var queue: PartitionQueue?
    /// What librdkafka has handed out and the shard has not taken.
    private var fetched: Deque<KafkaMessage> = []
    private var mayHaveMore = true
    private var clock: LoopTimer?
    /// The offset of the message that the clock runs for, or ran for.
    private var clockedOffset: Int64?
    private var isWaiting = false

    /// - Parameter onDue: called when a message may be taken that had to wait.
    init(slot: Int, state: PartitionState, longestWait: Double?, loop: EventLoop, onDue: @escaping (PartitionIntake) -> Void) {
        self.slot = slot
        self.state = state
        self.longestWait = longestWait
        clock = loop.makeTimer { [unowned self] in
            isWaiting = false
            onDue(self)
        }
    }

    /// Whether messages are taken.
    var isOpen: Bool { queue != nil }

    func attach(_ queue: PartitionQueue) {
        self.queue = queue
    }

    func noteMessages() {
        mayHaveMore = true
    }

    /// Whether there may be a message to take.
    var isPromising: Bool { queue != nil && !isWaiting && !isHeld && (mayHaveMore || !fetched.isEmpty) }

    /// The next message, if there is one, it need not wait any longer, and the commit's metadata has room for it.
    func take() -> KafkaMessage? {
        // What librdkafka hands out may be errors, all of it.
        while fetched.isEmpty, mayHaveMore, queue != nil { fetch() }
        guard let message = fetched.first, isDue(message), state.hasPassed(message.offset) || state.hasRoom(for: message.offset) else {
            return nil
        }
        fetched.removeFirst()
        return message
    }

    /// Takes nothing until `release`.
    func hold() {
        isHeld = true
    }

    func release() {
        isHeld = false
    }

    /// Begins anew, with a log that has.
    func restart() -> PartitionState {
        defer { state = PartitionState(restarting: state) }
        return state
    }

    /// Takes nothing more.
    func stop() {
        queue?.stop()
        queue = nil
        fetched = []
        clock?.disarm()
    }

    private func fetch() {
        guard let queue else { return }
        let (messages, mayHaveMore) = queue.take(32)
        self.mayHaveMore = mayHaveMore
        fetched.append(contentsOf: messages)
    }

    private func isDue(_ message: KafkaMessage) -> Bool {
        guard let longestWait, clockedOffset != message.offset else { return !isWaiting }
        guard let notBefore = Lineage(reading: { message.header($0) })?.notBefore else { return true }
        // Clocks that are wrong, here or where it was set, delay it by no more than the topic's wait.
        let wait = min(Double(notBefore - WallClock.milliseconds), longestWait)
        guard wait > 0 else { return true }
        clockedOffset = message.offset
        isWaiting = true
        clock?.arm(after: .milliseconds(wait))
        return false
    }
}
