import EventLoop
import Foundation
import Kafka
import Logging
import TestSupport

/// Broker, simulator, Redis and workers of one test, as processes on free ports.
///
/// With `BROKERS` in the environment the broker is that one instead of an embedded one, and topics and group have names of their own.
final class Stage: Sendable {
    struct Topics {
        let requests: String
        let responses: String
        let chunks: String
        let events: String
        let deadLetters: String
        let retry: String
        /// The one topic that requests may name for their responses.
        let elsewhere: String
    }

    struct Options {
        var partitions = 4
        var simulator: [String] = ["--latency-ms", "20"]
        /// Lines of the configuration's section `worker`.
        var worker: [String] = []
        var loops = 2
        /// How long the group waits for a member that is gone, in milliseconds.
        var sessionTimeout = 6_000
        /// A line of the configuration's section `kafka`.
        var kafka = ""
        /// Further providers, given the simulator's port: a line each.
        var providers: @Sendable (Int) -> [String] = { _ in [] }
        /// Further lines at the end of the configuration.
        var more = ""
    }

    let directory: TemporaryDirectory
    let brokers: String
    let topics: Topics
    let group: String
    let simulatorPort: Int
    let configuration: String
    let redis: RedisServer
    private let simulator: ChildProcess
    /// Nil if it is another's.
    let broker: ChildProcess?

    init(_ options: Options = Options()) async throws {
        directory = try TemporaryDirectory()
        let files = directory
        redis = try await RedisServer()
        let external = BrokerUnderTest.external
        let prefix = external == nil ? "llm" : "test-\(UUID().uuidString.prefix(8).lowercased())"
        topics = Topics(
            requests: "\(prefix).requests", responses: "\(prefix).responses", chunks: "\(prefix).chunks", events: "\(prefix).events",
            deadLetters: "\(prefix).dead-letter", retry: "\(prefix).retry.2s",
            elsewhere: "\(prefix).other-responses")
        group = external == nil ? "switchyard" : prefix
        let simulator = try ChildProcess(
            Program.path, ["simulate", "--port", "0", "--port-file", "\(directory.path)/simulator"] + options.simulator)
        self.simulator = simulator
        if let external {
            brokers = external
            broker = nil
        } else {
            let broker = try ChildProcess(
                Program.path, ["broker", "--partitions", "\(options.partitions)", "--address-file", "\(directory.path)/broker"])
            self.broker = broker
            try await broker.waitUntilReady { files.read("broker").hasSuffix("\n") }
            brokers = directory.read("broker").trimmingCharacters(in: .whitespacesAndNewlines)
        }
        if external != nil { try await Self.create(topics, partitions: options.partitions, on: brokers) }
        try await simulator.waitUntilReady { files.read("simulator").hasSuffix("\n") }
        simulatorPort = Int(directory.read("simulator").trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        configuration = try directory.write(
            """
            kafka:
              bootstrap.servers: \(brokers)
              consumer: {group.id: \(group), session.timeout.ms: \(options.sessionTimeout), heartbeat.interval.ms: 500}
              \(options.kafka)
            topics:
              requests: \(topics.requests)
              responses: \(topics.responses)
              chunks: \(topics.chunks)
              events: \(topics.events)
              dead_letter: \(topics.deadLetters)
              retry: [\(topics.retry)]
              reply_to: [\(topics.elsewhere)]
              partitions: \(options.partitions)
            worker:
              \((["loops: \(options.loops)"] + options.worker).joined(separator: "\n  "))
            redis: {url: "redis://127.0.0.1:\(redis.port)"}
            providers:
              simulator: {kind: openai, base_url: "http://127.0.0.1:\(simulatorPort)/v1"}
              \(options.providers(simulatorPort).joined(separator: "\n  "))
            models:
              default: {provider: simulator, model: simulated-1, price: {input: 1, output: 2}}
            \(options.more)
            """, to: "switchyard.yaml")
    }

    private static func create(_ topics: Topics, partitions: Int, on brokers: String) async throws {
        let names = [topics.requests, topics.responses, topics.chunks, topics.events, topics.deadLetters, topics.elsewhere, topics.retry]
        try await BlockingThread.run { () throws in
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            _ = try KafkaAdmin(properties: KafkaProperties([("bootstrap.servers", brokers)]), logger: logger)
                .ensureTopics(names, partitions: partitions, replicationFactor: -1, timeout: .seconds(20))
        }
    }

    /// Starts a worker and waits until it has been given partitions.
    ///
    /// - Parameter mayEnd: whether it is returned too if it ends before.
    func startWorker(
        _ arguments: [String] = [], environment: [String: String] = [:], mayEnd: Bool = false
    ) async throws -> ChildProcess {
        let worker = try ChildProcess(Program.path, ["work", "--config", configuration] + arguments, environment: environment)
        // An independent broker may take its time to let a member join.
        try await Condition.wait(for: "the assignment", atMost: .seconds(90)) {
            if mayEnd, !worker.isRunning { return true }
            guard worker.isRunning else { throw SupportError("the worker ended: \(worker.output)") }
            return worker.output.contains("partitions assigned")
        }
        return worker
    }

    var properties: KafkaProperties { KafkaProperties([("bootstrap.servers", brokers)]) }

    private var logger: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

    struct Message: Sendable {
        var key: String?
        var value: [UInt8]?
        var headers: [(name: String, value: [UInt8])] = []
        var offset: Int64 = -1
        var partition: Int32 = -1
        var timestamp: Int64 = -1

        var text: String { String(decoding: value ?? [], as: UTF8.self) }

        func header(_ name: String) -> String? {
            headers.last { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
        }

        /// The value as a JSON object.
        var object: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(value ?? []))) as? [String: Any] ?? [:]
        }
    }

    /// Puts messages on a topic as they are.
    func produce(_ messages: [Message]) async throws {
        let (properties, logger, topic) = (properties, logger, topics.requests)
        try await BlockingThread.run { () throws in
            let producer = try BulkProducer(properties: properties, logger: logger)
            for message in messages {
                let value = message.value ?? []
                try value.withUnsafeBytes { bytes in
                    var headers = KafkaHeaders()
                    for (name, value) in message.headers { headers.add(name, value) }
                    try producer.produce(
                        topic: topic, key: Array((message.key ?? "").utf8),
                        value: message.value == nil ? UnsafeRawBufferPointer(start: nil, count: 0) : bytes, headers: headers)
                }
            }
            try producer.flush(timeout: .seconds(30))
        }
    }

    /// Reads a topic from its beginning until it has `count` messages.
    func read(_ topic: String, count: Int, atMost limit: Duration = .seconds(60)) async throws -> [Message] {
        try await read(topic, atMost: limit, andWhatFollows: false) { $0.count >= count }
    }

    /// Reads a topic from its beginning until there is enough.
    ///
    /// - Parameter andWhatFollows: whether it then reads on until nothing more comes.
    func read(
        _ topic: String, atMost limit: Duration = .seconds(60), andWhatFollows: Bool = true,
        until isEnough: @escaping @Sendable ([Message]) -> Bool
    ) async throws -> [Message] {
        let (properties, logger) = (properties, logger)
        return try await BlockingThread.run { () throws in
            let admin = try KafkaAdmin(properties: properties, logger: logger)
            let partitions = try admin.partitionCounts(of: [topic], timeout: .seconds(10))[topic] ?? 0
            let positions = (0..<Int32(partitions)).map { (TopicPartition(topic: topic, partition: $0), Int64(0)) }
            let reader = try TopicReader(properties: properties, positions: Dictionary(uniqueKeysWithValues: positions), logger: logger)
            let deadline = ContinuousClock.now + limit
            var messages: [Message] = []
            while true {
                guard ContinuousClock.now < deadline else {
                    throw SupportError("\(topic) has \(messages.count) messages after \(limit), which are not enough")
                }
                let more = try reader.read(timeout: .milliseconds(100))
                if more.isEmpty || !andWhatFollows, isEnough(messages) { break }
                messages += more.map { message in
                    Message(
                        key: message.key.map { String(decoding: $0, as: UTF8.self) }, value: message.value.map { Array($0) },
                        headers: message.headers.map { ($0.name, $0.value.map { Array($0) } ?? []) }, offset: message.offset,
                        partition: message.partition, timestamp: message.timestamp.milliseconds)
                }
            }
            return messages
        }
    }

    /// How many messages a topic has.
    func count(_ topic: String) async throws -> Int64 {
        let (properties, logger) = (properties, logger)
        return try await BlockingThread.run { () throws in
            let admin = try KafkaAdmin(properties: properties, logger: logger)
            let partitions = try admin.partitionCounts(of: [topic], timeout: .seconds(10))[topic] ?? 0
            return try (0..<Int32(partitions)).reduce(0) { count, partition in
                let (low, high) = try admin.watermarks(topic: topic, partition: partition, timeout: .seconds(10))
                return count + high - low
            }
        }
    }

    /// What the group has yet to commit of the requests.
    func lag() async throws -> Int64 {
        let (properties, logger) = (properties.merging([("group.id", group)]), logger)
        let (group, topic) = (group, topics.requests)
        return try await BlockingThread.run { () throws in
            try KafkaAdmin(properties: properties, logger: logger).lag(of: group, topic: topic, timeout: .seconds(10))
        }
    }

    /// All that Redis holds, as its protocol writes it.
    func redisContents() async throws -> String {
        let script = """
            local all = {}
            for _, key in ipairs(redis.call('KEYS', '*')) do
                local kind = redis.call('TYPE', key).ok
                local value = key
                if kind == 'string' then value = value .. ' ' .. redis.call('GET', key) end
                if kind == 'hash' then value = value .. ' ' .. table.concat(redis.call('HGETALL', key), ' ') end
                all[#all + 1] = value
            end
            return all
            """
        return try await Program.run("redis-cli", ["-p", "\(redis.port)", "EVAL", script, "0"]).output
    }

    /// What the simulator has counted.
    func simulatorStatistics() async throws -> [String: Any] {
        let answer = try await Program.run("curl", ["-s", "http://127.0.0.1:\(simulatorPort)/simulator/stats"])
        return try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any] ?? [:]
    }
}
