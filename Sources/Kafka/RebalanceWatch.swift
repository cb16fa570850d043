internal import CRdKafka
internal import Synchronization

/// Knows whether a group member is between asking to join the next generation and being told its part in it.
///
/// A commit that is sent in between reaches the coordinator behind the answer to the request to join, for brokers handle a connection's
/// requests one after the other. It then names a generation that is over, and librdkafka takes the refusal as the loss of the whole
/// assignment. Neither librdkafka's events nor its API tell of that time; its requests do.
final class RebalanceWatch: Sendable {
    private enum Request {
        static let joinGroup: Int16 = 11
        static let syncGroup: Int16 = 14
    }

    private let rejoining = Atomic(false)

    var isRejoining: Bool { rejoining.load(ordering: .acquiring) }

    /// Has librdkafka tell this object of the requests of the instance to be made. The object must outlive the instance.
    func observe(_ configuration: OpaquePointer) {
        rd_kafka_conf_interceptor_add_on_new(
            configuration, "switchyard-rebalance",
            { handle, _, context, _, _ in
                rd_kafka_interceptor_add_on_request_sent(
                    handle, "switchyard-rebalance",
                    { _, _, _, _, key, _, _, _, context in
                        if key == Request.joinGroup { RebalanceWatch.at(context)?.rejoining.store(true, ordering: .releasing) }
                        return RD_KAFKA_RESP_ERR_NO_ERROR
                    }, context)
                return rd_kafka_interceptor_add_on_response_received(
                    handle, "switchyard-rebalance",
                    { _, _, _, _, key, _, _, _, _, _, context in
                        if key == Request.syncGroup { RebalanceWatch.at(context)?.rejoining.store(false, ordering: .releasing) }
                        return RD_KAFKA_RESP_ERR_NO_ERROR
                    }, context)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> RebalanceWatch? {
        context.map { Unmanaged<RebalanceWatch>.fromOpaque($0).takeUnretainedValue() }
    }
}
