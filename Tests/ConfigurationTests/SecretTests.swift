import Configuration
import Foundation
import HTTP
import Kafka
import Providers
import Redis
import TestSupport
import Testing

@Suite struct SecretTests {
    private let advice =
        "is a secret, which does not belong into a configuration; put it into the environment or a file, and write env:NAME or file:PATH here"

    @Test(arguments: [
        ("redis: {password: s3cret}", "c.yaml:1:19: redis.password"),
        ("providers: {a: {api_key: s3cret}}", "c.yaml:1:26: providers.a.api_key"),
        ("providers: {a: {headers: {Authorization: Bearer s3cret}}}", "c.yaml:1:42: providers.a.headers.Authorization"),
        ("providers: {a: {headers: {X-Api-Key: s3cret}}}", "c.yaml:1:38: providers.a.headers.X-Api-Key"),
        ("kafka: {sasl.password: s3cret}", "c.yaml:1:24: kafka.sasl.password"),
        ("kafka: {producer: {ssl.key.password: s3cret}}", "c.yaml:1:38: kafka.producer.ssl.key.password"),
        ("kafka: {ssl.keystore.password: s3cret}", "c.yaml:1:32: kafka.ssl.keystore.password"),
        ("kafka: {ssl.key.pem: s3cret}", "c.yaml:1:22: kafka.ssl.key.pem"),
        ("kafka: {sasl.oauthbearer.client.secret: s3cret}", "c.yaml:1:41: kafka.sasl.oauthbearer.client.secret"),
        ("redis: {url: 'redis://u:s3cret@h'}", "c.yaml:1:14: redis.url"),
        ("redis: {url: 'redis://:s3/cret@h'}", "c.yaml:1:14: redis.url"),
        ("http: {proxy: 'http://u:s3cret@h:1'}", "c.yaml:1:15: http.proxy"),
    ])
    func aLiteralIsRefusedAndNotRepeated(_ yaml: String, _ place: String) {
        #expect(problems(yaml) == ["\(place): \(advice)"])
    }

    @Test func aReferenceIsFollowed() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("from-file\r\n", to: "key")
        let configuration = try load(
            """
            redis: {url: "redis://u@h:1/2", password: "file:\(file)", timeout_ms: 7}
            kafka: {sasl.password: env:K}
            http: {proxy: env:P}
            providers: {a: {api_key: env:K, organization: o, headers: {x-token: env:K, X-Team: t}}}
            """, environment: ["K": "from-env", "P": "http://u:s3cret@h:1"]
        ).configuration
        #expect(configuration.redis.client?.password == "from-file")
        #expect(configuration.redis.client?.user == "u")
        #expect(configuration.redis.client?.timeout == .milliseconds(7))
        #expect(configuration.kafka.workerProducerProperties["sasl.password"] == "from-env")
        #expect(configuration.http.client.proxy == "http://u:s3cret@h:1")
        let provider = try #require(configuration.providers["a"])
        let fields = try provider.resolvedFields().map { $0.map { "\($0.name): \($0.value)" } }
        #expect(
            fields == [
                [
                    "content-type: application/json", "authorization: Bearer from-env", "openai-organization: o", "X-Team: t",
                    "x-token: from-env",
                ]
            ])
        #expect(provider.organization == "o")
        try configuration.checkForWorker()
    }

    @Test func aHeaderIsNotSentTwice() throws {
        let headers = "headers: {Authorization: env:K, X-A: b}"
        let advice = "is sent already, by the provider's kind, api_key or organization; remove one of the two"
        let found = problems("providers: {a: {api_key: env:K, \(headers)}}", environment: ["K": "k"])
        #expect(found == ["c.yaml:1:58: providers.a.headers.Authorization: \(advice)"])
        #expect(problems("providers: {a: {\(headers)}}", environment: ["K": "k"]) == [])
    }

    @Test(arguments: [
        (
            "redis: {url: 'redis://h', password: env:NONE}",
            "c.yaml:1:37: redis.password: env:NONE cannot be used: the environment has no variable NONE"
        ),
        (
            "kafka: {sasl.password: file:/no/such}",
            "c.yaml:1:24: kafka.sasl.password: file:/no/such cannot be read: No such file or directory"
        ),
        ("kafka: {sasl.password: env:EMPTY}", "c.yaml:1:24: kafka.sasl.password: env:EMPTY is empty"),
        ("http: {proxy: env:NONE}", "c.yaml:1:15: http.proxy: env:NONE cannot be used: the environment has no variable NONE"),
    ])
    func whatEveryCommandNeedsIsReadAtOnce(_ yaml: String, _ message: String) {
        #expect(problems(yaml, environment: ["EMPTY": "\n"]) == [message])
    }

    @Test func aProvidersSecretIsLeftToTheWorkersCheck() throws {
        let yaml = "providers:\n  a: {api_key: env:NONE}\n  b: {headers: {X: file:/no/such}}\n  c: {api_key: env:BAD}"
        #expect(
            try workerProblems(yaml, environment: ["BAD": "s3\ncret"]) == [
                "c.yaml:2:16: providers.a.api_key: env:NONE cannot be used: the environment has no variable NONE",
                "c.yaml:3:20: providers.b.headers.X: file:/no/such cannot be read: No such file or directory",
                "c.yaml:4:3: providers.c: the value of the header authorization holds a line break or another control character; remove it",
            ])
    }

    @Test func aWorkerNeedsAProviderAndItsFiles() throws {
        let found = try workerProblems("http: {ca_file: /no/such}")
        #expect(found.count == 2)
        #expect(found.first?.hasPrefix("providers: there is none") == true)
        #expect(found.last == "c.yaml:1:17: http.ca_file: /no/such cannot be read: No such file or directory")
    }

    @Test func noSecretIsShown() throws {
        let loaded = try load(
            """
            redis: {url: "redis://h", password: env:K}
            kafka: {sasl.password: env:K}
            http: {proxy: env:P}
            providers: {a: {api_key: env:K, headers: {X-Token: env:K}}}
            """, environment: ["K": "s3cret", "P": "http://u:s3cret@h:1"])
        var dumped = ""
        dump(loaded, to: &dumped)
        let shown = [dumped, String(describing: loaded), String(reflecting: loaded.configuration), loaded.effectiveYAML()]
        for text in shown { #expect(!text.contains("s3cret")) }
        #expect(loaded.effectiveYAML().components(separatedBy: "\"********\"").count == 6)
        #expect(dumped.contains("********"))
    }
}
