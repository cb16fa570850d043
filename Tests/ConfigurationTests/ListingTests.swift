import Configuration
import Testing

@Suite struct ListingTests {
    private static let yaml = """
        worker: {id: w-1}
        kafka: {consumer: {fetch.wait.max.ms: 2}, producer: {enable.idempotence: true}}
        providers:
          local: {base_url: "http://h:1/v1", api_key: env:K, headers: {X-Note: "a: \\"b\\" # c"}}
          openai:
        models:
          'my model': {provider: local, model: m, price: {input: 0.15, output: 1}}
        """

    @Test func theListingTellsEveryKeyAndWhereItCameFrom() throws {
        let loaded = try load(
            Self.yaml, environment: ["SWITCHYARD_TOPICS_EVENTS": "", "K": "k"], overrides: ["worker.max_in_flight=5"])
        let expected = """
            kafka:
              bootstrap.servers: localhost:9092
              consumer:
                group.id: switchyard
                partition.assignment.strategy: cooperative-sticky
                auto.offset.reset: earliest
                statistics.interval.ms: 5000
                queued.max.messages.kbytes: 2048
                fetch.wait.max.ms: 2  # c.yaml:2
              producer:
                enable.idempotence: "true"  # c.yaml:2
            topics:
              requests: [llm.requests]
              responses: llm.responses
              chunks: llm.chunks
              events: ""  # environment SWITCHYARD_TOPICS_EVENTS
              dead_letter: llm.dead-letter
              retry: [llm.retry.1m, llm.retry.10m, llm.retry.1h]
              reply_to: []
              create: true
              partitions: 16
              replication_factor: -1
            worker:
              id: w-1  # c.yaml:1
              loops: 0
              max_in_flight: 5  # --set
              max_in_flight_bytes: 268435456
              max_in_flight_per_partition: 0
              max_in_flight_bytes_per_partition: 0
              concurrency: fixed
              ordering: unordered
              max_request_bytes: 4194304
              delivery: at_least_once
              transaction_interval_ms: 100
              transaction_max_requests: 1000
              commit_interval_ms: 1000
              offset_metadata_max_bytes: 4096
              drain_timeout_s: 30
              duplicate_window_s: 86400
              dead_letter_failures: true
              schema_repair: false
              claim_check_directory: ""
              log_level: info
            http:
              connect_timeout_ms: 5000
              first_byte_timeout_ms: 120000
              idle_timeout_ms: 60000
              total_timeout_ms: 600000
              max_connections_per_host: 0
              max_response_bytes: 33554432
              keep_alive_s: 60
              http2: true
              proxy: ""
              ca_file: ""
            redis:
              url: ""
              timeout_ms: 500
              ca_file: ""
              client_certificate: ""
              client_key: ""
              server_name: ""
            retry:
              max_attempts: 4
              base_delay_ms: 500
              max_delay_ms: 30000
              max_total_s: 86400
              in_memory_max_ms: 60000
              budget_percent: 20
            batch:
              gather_s: 60
              max_requests: 10000
              poll_s: 60
              deadline_s: 86400
            limits:
              lease_ms: 500
              fail: local
            cache:
              mode: "off"
              ttl_s: 86400
              shared_by_tenants: false
              memory_max_bytes: 67108864
              redis_max_bytes: 1073741824
              compress_above_bytes: 1024
              compression_level: 3
              semantic:
                model: ""
                similarity_percent: 95
            encryption:
              rotation_days: 30
            providers:
              local:
                kind: openai
                base_url: http://h:1/v1  # c.yaml:4
                api_key: "********"  # c.yaml:4
                organization: ""
                stream_usage: true
                headers:
                  X-Note: "a: \\"b\\" # c"  # c.yaml:4
              openai:
                kind: openai
                base_url: https://api.openai.com/v1
                organization: ""
                stream_usage: true
            models:
              "my model":
                provider: local  # c.yaml:7
                model: m  # c.yaml:7
                price:
                  input: 0.15  # c.yaml:7
                  output: 1.0  # c.yaml:7
            default_provider: ""

            """
        #expect(withoutFolder(loaded.effectiveYAML()) == expected)
    }

    @Test func theListingIsAConfigurationOfTheSameValues() throws {
        let yaml = Self.yaml.split(separator: ", api_key: env:K").joined()
        let first = try load(yaml).effectiveYAML()
        let second = try load(first).effectiveYAML()
        #expect(withoutComments(first) == withoutComments(second))
    }

    private func withoutComments(_ listing: String) -> [Substring] {
        listing.split(separator: "\n").map { $0.split(separator: "  # ").first ?? "" }
    }
}
