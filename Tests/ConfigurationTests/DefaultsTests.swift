import Configuration
import Foundation
import HTTP
import Testing

@Suite struct DefaultsTests {
    @Test func everythingButProvidersHasADefault() throws {
        let configuration = try load().configuration
        #expect(configuration.topics.requests == ["llm.requests"])
        #expect(configuration.topics.responses == "llm.responses")
        #expect(configuration.topics.chunks == "llm.chunks")
        #expect(configuration.topics.events == "llm.events")
        #expect(configuration.topics.deadLetter == "llm.dead-letter")
        #expect(configuration.topics.replyTo.isEmpty)
        #expect(configuration.topics.create)
        #expect(configuration.topics.partitions == 16)
        #expect(configuration.topics.replicationFactor == -1)
        #expect(configuration.worker.loops == 0)
        #expect(configuration.worker.maxInFlight == 1_000)
        #expect(configuration.worker.maxInFlightBytes == 256 << 20)
        #expect(configuration.worker.maxRequestBytes == 4 << 20)
        #expect(configuration.worker.commitIntervalMilliseconds == 1_000)
        #expect(configuration.worker.drainTimeoutSeconds == 30)
        #expect(configuration.worker.duplicateWindowSeconds == 86_400)
        #expect(configuration.worker.logLevel == "info")
        #expect(configuration.retry.maxAttempts == 4)
        #expect(configuration.retry.baseDelayMilliseconds == 500)
        #expect(configuration.retry.maxDelayMilliseconds == 30_000)
        #expect(configuration.redis.client == nil)
        #expect(configuration.providers.isEmpty && configuration.models.isEmpty)
        #expect(configuration.defaultProvider == nil)
    }

    @Test func aWorkerIsNamedByItsHostAndProcess() throws {
        let id = try load().configuration.worker.id
        #expect(id.hasSuffix("-\(ProcessInfo.processInfo.processIdentifier)") && !id.hasPrefix("-"))
        #expect(try load("worker: {id: seven}").configuration.worker.id == "seven")
    }

    @Test func theHTTPClientsDefaultsAreItsOwn() throws {
        let client = try load().configuration.http.client
        let own = HTTPClientConfiguration()
        #expect(client.timeouts == own.timeouts)
        #expect(try load().configuration.http.maxConnectionsPerHost == 0)
        #expect(client.maxConnectionsPerHost == own.maxConnectionsPerHost)
        #expect(client.maxResponseBytes == own.maxResponseBytes)
        #expect(client.keepAlive == own.keepAlive)
        #expect(client.http2 == own.http2)
        #expect(client.proxy == nil && client.caFile == nil)
    }

    @Test(arguments: ["", "# nothing\n", "kafka:\nproviders:\nworker: {}\nredis: {url: null, password: ~}"])
    func whatIsEmptyIsLeftToItsDefault(_ yaml: String) throws {
        #expect(try load(yaml).effectiveYAML() == load().effectiveYAML())
    }
}
