internal import CRdKafka
internal import EventLoop
internal import Synchronization

/// Knows when a group member may commit without harm, by the requests that librdkafka sends.
///
/// A commit that is sent behind the request to join the group's next generation is answered behind it, for brokers handle a
/// connection's requests one after the other. It then names a generation that is over, and librdkafka takes the refusal as the loss of
/// the whole assignment. Neither its events nor its API tell of that time. So: no commit from the request to join until the answer that
/// shares out the partitions; and none between a request by whose answer librdkafka learns that it must join and the moment in which it
/// would have asked to.
final class RebalanceWatch: Sendable {
    private enum Request {
        static let offsetCommit: Int16 = 8
        static let joinGroup: Int16 = 11
        static let heartbeat: Int16 = 12
        static let syncGroup: Int16 = 14
    }

    /// Longer than librdkafka takes from an answer to the request that follows from it.
    private static let reactionTime = Duration.milliseconds(20)

    private let isJoining = Atomic(false)
    private let awaitsHeartbeat = Atomic(false)
    private let lastAnswer = Atomic<UInt64>(0)

    var mayCommit: Bool {
        guard !isJoining.load(ordering: .acquiring), !awaitsHeartbeat.load(ordering: .acquiring) else { return false }
        return MonotonicTime(nanoseconds: lastAnswer.load(ordering: .acquiring)) + Self.reactionTime < .now
    }

    private func sent(_ key: Int16) {
        switch key {
        case Request.joinGroup: isJoining.store(true, ordering: .releasing)
        case Request.heartbeat: awaitsHeartbeat.store(true, ordering: .releasing)
        default: break
        }
    }

    private func answered(_ key: Int16) {
        switch key {
        case Request.syncGroup:
            isJoining.store(false, ordering: .releasing)
            // Those of a connection that broke have no answer.
            awaitsHeartbeat.store(false, ordering: .releasing)
        case Request.heartbeat:
            lastAnswer.store(MonotonicTime.now.nanoseconds, ordering: .releasing)
            awaitsHeartbeat.store(false, ordering: .releasing)
        case Request.offsetCommit:
            lastAnswer.store(MonotonicTime.now.nanoseconds, ordering: .releasing)
        default: break
        }
    }

    /// Has librdkafka tell this object of the requests of the instance to be made. The object must outlive the instance.
    func observe(_ configuration: OpaquePointer) {
        rd_kafka_conf_interceptor_add_on_new(
            configuration, "switchyard-rebalance",
            { handle, _, context, _, _ in
                rd_kafka_interceptor_add_on_request_sent(
                    handle, "switchyard-rebalance",
                    { _, _, _, _, key, _, _, _, context in
                        RebalanceWatch.at(context)?.sent(key)
                        return RD_KAFKA_RESP_ERR_NO_ERROR
                    }, context)
                return rd_kafka_interceptor_add_on_response_received(
                    handle, "switchyard-rebalance",
                    { _, _, _, _, key, _, _, _, _, _, context in
                        RebalanceWatch.at(context)?.answered(key)
                        return RD_KAFKA_RESP_ERR_NO_ERROR
                    }, context)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> RebalanceWatch? {
        context.map { Unmanaged<RebalanceWatch>.fromOpaque($0).takeUnretainedValue() }
    }
}
