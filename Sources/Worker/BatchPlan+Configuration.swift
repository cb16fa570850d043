internal import BatchLane
internal import Configuration
internal import HTTP
internal import Kafka
internal import Routing

extension BatchPlan {
    /// Why no request can be part of a batch; nil if one can.
    static func refusal(_ configuration: Configuration) -> String? {
        if configuration.redis.client == nil { return "batches are kept in Redis, and redis.url names none" }
        guard configuration.worker.ordering == .unordered else {
            return "worker.ordering has requests answered one after the other, which in batches they are not"
        }
        return nil
    }

    /// - Parameter http: a loop's.
    /// - Returns: nil if no request can be part of a batch.
    init?(_ configuration: Configuration, http: HTTPClientConfiguration, models: ModelTable) {
        guard Self.refusal(configuration) == nil, let redis = configuration.redis.client else { return nil }
        let batch = configuration.batch
        self.init(
            redis: redis, http: http, models: models, group: configuration.kafka.consumerProperties["group.id"] ?? "",
            timing: BatchTiming(
                gather: Int64(batch.gatherSeconds) * 1_000, maxRequests: batch.maxRequests, poll: Int64(batch.pollSeconds) * 1_000,
                deadline: Int64(batch.deadlineSeconds) * 1_000))
    }
}
