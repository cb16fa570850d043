/// The topics, each of which has one role; only the responses may also go to a topic that requests ask for.
package struct TopicsConfiguration: Sendable {
    package let requests: [String]
    package let responses: String
    package let chunks: String
    /// Empty for no events.
    package let events: String
    package let deadLetter: String
    /// In ascending order of their waits.
    package let retry: [RetryTopic]
    package let replyTo: [String]
    /// Whether the worker creates topics that are missing.
    package let create: Bool
    package let partitions: Int
    /// -1 is the broker's default.
    package let replicationFactor: Int

    init(_ settings: Settings, _ problems: inout Problems) {
        requests = settings.list("topics.requests")
        responses = settings.text("topics.responses")
        chunks = settings.text("topics.chunks")
        events = settings.text("topics.events")
        deadLetter = settings.text("topics.dead_letter")
        retry = Self.retryTopics(settings, &problems)
        replyTo = settings.list("topics.reply_to")
        create = settings.boolean("topics.create")
        partitions = settings.integer("topics.partitions")
        replicationFactor = settings.integer("topics.replication_factor")

        if requests.isEmpty { problems.add("topics.requests: must name a topic", at: settings.origin(of: "topics.requests")) }
        if replicationFactor == 0 {
            problems.add(
                "topics.replication_factor: must be 1 or more, or -1 for the broker's default",
                at: settings.origin(of: "topics.replication_factor"))
        }
        checkRoles(settings, &problems)
    }

    private static func retryTopics(_ settings: Settings, _ problems: inout Problems) -> [RetryTopic] {
        var topics: [RetryTopic] = []
        for name in settings.list("topics.retry") {
            if let topic = RetryTopic(name) {
                topics.append(topic)
            } else {
                problems.add(
                    "topics.retry: '\(name)' does not end with a wait; name it like llm.retry.30s, llm.retry.10m or llm.retry.1h",
                    at: settings.origin(of: "topics.retry"))
            }
        }
        return topics.sorted { $0.waitSeconds < $1.waitSeconds }
    }

    private func checkRoles(_ settings: Settings, _ problems: inout Problems) {
        let roles: [(key: SettingPath, topic: String)] =
            requests.map { ("topics.requests", $0) }
            + [
                ("topics.responses", responses), ("topics.chunks", chunks), ("topics.events", events), ("topics.dead_letter", deadLetter),
            ] + retry.map { ("topics.retry", $0.name) } + replyTo.map { ("topics.reply_to", $0) }
        var owners: [String: SettingPath] = [:]
        for (key, topic) in roles where !topic.isEmpty {
            guard let owner = owners[topic] else {
                owners[topic] = key
                continue
            }
            if owner == "topics.responses", key == "topics.reply_to" { continue }
            let both = owner == key ? "twice" : "by \(owner) too"
            problems.add("\(key): '\(topic)' is named \(both); a topic has one role", at: settings.origin(of: key))
        }
    }
}
