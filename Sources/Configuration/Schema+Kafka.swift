extension Schema {
    static let kafkaKeys = [
        Key(SettingPath(["kafka", "bootstrap.servers"]), .kafkaProperty, "localhost:9092", "where the brokers are, host:port,…"),
        Key("kafka.*", .kafkaProperty, nil, "any property of librdkafka, for all clients"),
        consumer("group.id", "switchyard", "the consumer group that all workers of a fleet share"),
        consumer("partition.assignment.strategy", "cooperative-sticky", "how the group shares out partitions"),
        consumer("auto.offset.reset", "earliest", "where a new group begins"),
        consumer("statistics.interval.ms", "5000", "how often the consumer reports its lag"),
        consumer("queued.max.messages.kbytes", "2048", "how many KiB of a partition are fetched ahead at most"),
        Key("kafka.consumer.*", .kafkaProperty, nil, "any property of librdkafka, for consumers only"),
        Key("kafka.producer.*", .kafkaProperty, nil, "any property of librdkafka, for producers only"),
    ]

    private static func consumer(_ name: String, _ initial: Value, _ summary: String) -> Key {
        Key(SettingPath(["kafka", "consumer", name]), .kafkaProperty, initial, summary)
    }

    static let topicKeys = [
        Key("topics.requests", .topics, ["llm.requests"], "where requests come from, one topic or a list"),
        Key("topics.responses", .topic, "llm.responses", "where responses go"),
        Key("topics.chunks", .topic, "llm.chunks", "where the chunks of streamed responses go"),
        Key("topics.events", .optionalTopic, "llm.events", "where events go; empty for none"),
        Key("topics.dead_letter", .topic, "llm.dead-letter", "where requests go that cannot be handled"),
        Key(
            "topics.retry", .topics, ["llm.retry.1m", "llm.retry.10m", "llm.retry.1h"],
            "where requests wait that are to be tried again later; each name ends with the longest wait"),
        Key("topics.reply_to", .topics, [], "topics that a request may name for its response"),
        Key("topics.create", .boolean, true, "whether the worker creates missing topics"),
        Key("topics.partitions", .integer(1...100_000), 16, "partitions of a topic that is created"),
        Key("topics.replication_factor", .integer(-1...32_767), -1, "replicas of a topic that is created; -1 is the broker's default"),
    ]
}
