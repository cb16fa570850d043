import CRdKafka
import Foundation
import Kafka
import Logging
import TestSupport
import Testing

@testable import Configuration

@Suite struct KafkaConfigurationTests {
    @Test func theConsumerHasItsDefaultsAndTheProducerOnlyWhatAllHave() throws {
        let kafka = try load().configuration.kafka
        let consumer = kafka.workerConsumerProperties
        #expect(consumer["bootstrap.servers"] == "localhost:9092")
        #expect(consumer["group.id"] == "switchyard")
        #expect(consumer["partition.assignment.strategy"] == "cooperative-sticky")
        #expect(consumer["auto.offset.reset"] == "earliest")
        #expect(consumer["statistics.interval.ms"] == "5000")
        #expect(consumer["queued.max.messages.kbytes"] == "2048")
        for properties in [kafka.workerProducerProperties, kafka.bulkProducerProperties, kafka.readerProperties] {
            #expect(properties.values.map(\.name) == ["bootstrap.servers"])
        }
        #expect(kafka.adminProperties.values.map(\.name).sorted() == ["bootstrap.servers", "group.id"])
    }

    @Test func aPropertyOfOneSideCountsForThatSideWhereverItStands() throws {
        let kafka = try load(
            """
            kafka:
              linger.ms: 7
              group.id: mine
              client.id: all
              consumer: {client.id: in, fetch.wait.max.ms: 2}
              producer: {client.id: out, enable.idempotence: true, acks: all}
            """
        ).configuration.kafka
        #expect(kafka.consumerProperties["group.id"] == "mine")
        #expect(kafka.consumerProperties["linger.ms"] == nil)
        #expect(kafka.consumerProperties["client.id"] == "in")
        #expect(kafka.workerProducerProperties["group.id"] == nil)
        #expect(kafka.workerProducerProperties["linger.ms"] == "7")
        #expect(kafka.workerProducerProperties["client.id"] == "out")
        #expect(kafka.workerProducerProperties["enable.idempotence"] == "true")
        #expect(kafka.readerProperties["fetch.wait.max.ms"] == "2")
        #expect(kafka.readerProperties["group.id"] == nil)
        #expect(kafka.adminProperties["group.id"] == "mine")
        #expect(kafka.adminProperties["client.id"] == "all")
        #expect(kafka.adminProperties["fetch.wait.max.ms"] == nil)
    }

    @Test func whatIsSetForAllClientsReplacesTheConsumersDefault() throws {
        let loaded = try load("kafka: {statistics.interval.ms: 0}")
        #expect(loaded.configuration.kafka.consumerProperties["statistics.interval.ms"] == "0")
        #expect(!loaded.effectiveYAML().contains("5000\n    queued"))
        #expect(loaded.effectiveYAML().components(separatedBy: "statistics.interval.ms").count == 2)
    }

    @Test(arguments: [
        ("kafka: {client.idd: x}", "c.yaml:1:21: kafka.client.idd: librdkafka has no such property; did you mean client.id?"),
        (
            "kafka:\n  producer: {linger.mz: 1}",
            "c.yaml:2:25: kafka.producer.linger.mz: librdkafka has no such property; did you mean linger.ms?"
        ),
        ("kafka: {fetch.wait.max.ms: 1}\nx: 1", "c.yaml:2:1: x: there is no such key"),
        (
            "kafka: {producer: {fetch.wait.max.ms: 1}}",
            "c.yaml:1:39: kafka.producer.fetch.wait.max.ms: is a property of consumers; set kafka.consumer.fetch.wait.max.ms"
        ),
        (
            "kafka: {consumer: {acks: 1}}",
            "c.yaml:1:26: kafka.consumer.acks: is a property of producers; set kafka.producer.acks"
        ),
        (
            "kafka: {consumer: {enable.auto.commit: true}}",
            "c.yaml:1:40: kafka.consumer.enable.auto.commit: cannot be set: the worker commits offsets itself, once their requests are answered"
        ),
        (
            "kafka: {enable.auto.offset.store: true}",
            "c.yaml:1:35: kafka.enable.auto.offset.store: cannot be set: the worker keeps track of offsets itself"
        ),
        ("kafka: {log.queue: false}", "c.yaml:1:20: kafka.log.queue: cannot be set: librdkafka's log goes to the worker's"),
        ("kafka: {consumer: {group.id: ''}}", "c.yaml:1:30: kafka.consumer.group.id: must not be empty; give the name"),
        (
            "kafka:\n  bootstrap: {servers: a}",
            "c.yaml:2:14: kafka.bootstrap: must be a value, not a section; write librdkafka's properties by their names with dots"
        ),
        ("kafka:\n  consumers: {group.id: a}", "c.yaml:2:14: kafka.consumers: must be a value, not a section; did you mean consumer?"),
        ("kafka: {client.id: [a]}", "c.yaml:1:20: kafka.client.id: must be one value, not a list"),
    ])
    func whatIsWrongIsToldWithItsPlace(_ yaml: String, _ message: String) {
        #expect(problems(yaml) == [message])
    }

    @Test func aValueThatLibrdkafkaRefusesIsToldInItsWords() {
        let found = problems("kafka: {security.protocol: tls}", environment: ["SWITCHYARD_KAFKA_LINGER_MS": "soon"])
        #expect(found.count == 2)
        #expect(found[0].hasPrefix("c.yaml:1:28: kafka.security.protocol: ") && found[0].contains("tls"))
        #expect(found[1].hasPrefix("SWITCHYARD_KAFKA_LINGER_MS: kafka.producer.linger.ms: "))
    }

    /// The sides are written down in the room; this is how it is noticed that librdkafka has changed them.
    @Test func theSidesOfPropertiesAreLibrdkafkas() throws {
        var text: UnsafeMutablePointer<CChar>?
        var size = 0
        let stream = try #require(open_memstream(&text, &size))
        rd_kafka_conf_properties_show(stream)
        fclose(stream)
        defer { free(text) }
        var sides: [String: Set<String>] = [:]
        for line in String(cString: try #require(text)).split(separator: "\n") {
            let columns = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard columns.count > 4, ["C", "P"].contains(columns[1]) else { continue }
            let name = columns[0]
            // Callbacks and the like cannot be set as text, and refused properties need no side.
            guard !name.contains("_"), KafkaPropertyRule.refused[name] == nil else { continue }
            sides[columns[1], default: []].insert(name)
        }
        #expect(sides["C"] == KafkaPropertyRule.consumerOnly)
        #expect(sides["P"] == KafkaPropertyRule.producerOnly)
    }

    @Test func noClientWarnsOfPropertiesThatAreNotItsOwn() throws {
        let kafka = try load(
            "kafka: {linger.ms: 7, session.timeout.ms: 10000, bootstrap.servers: '127.0.0.1:1', consumer: {check.crcs: true}}"
        ).configuration.kafka
        let log = LogLines()
        let logger = log.logger
        let producer = try BulkProducer(properties: kafka.bulkProducerProperties, logger: logger)
        let admin = try KafkaAdmin(properties: kafka.adminProperties, logger: logger)
        #expect(throws: KafkaError.self) { try admin.partitionCounts(timeout: .milliseconds(300)) }
        #expect(throws: KafkaError.self) { try producer.flushOne() }
        #expect(!log.messages.contains { $0.contains("will be ignored") }, "\(log.messages)")
        #expect(!log.messages.isEmpty)
    }
}
