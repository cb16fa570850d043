internal import Providers

extension Schema {
    static let workerKeys = [
        Key("worker.id", .text, nil, "the worker's name; HOSTNAME-PID unless given"),
        Key("worker.loops", .integer(0...1_024), 0, "event loops, each a thread; 0 is one for each core"),
        Key("worker.max_in_flight", .integer(1...10_000_000), 1_000, "requests that are worked on at once"),
        Key("worker.max_in_flight_bytes", .bytes(1...(1 << 40)), 268_435_456, "bytes of the requests that are worked on at once"),
        Key(
            "worker.max_in_flight_per_partition", .integer(0...10_000_000), 0,
            "requests of one partition; 0 is as many as there may be in all"),
        Key(
            "worker.max_in_flight_bytes_per_partition", .bytes(0...(1 << 40)), 0,
            "bytes of one partition's requests; 0 is as many as there may be in all"),
        Key(
            "worker.concurrency", .choice(["fixed", "adaptive"]), "fixed",
            "whether max_in_flight is what is in flight, or the most that the providers' answers may let it grow to"),
        Key(
            "worker.ordering", .choice(["unordered", "key", "partition"]), "unordered",
            "whether requests of one key, or of one partition, are answered one after the other"),
        Key("worker.max_request_bytes", .bytes(1...1_000_000_000), 4_194_304, "the largest request"),
        Key(
            "worker.delivery", .choice(["at_least_once", "exactly_once"]), "at_least_once",
            "whether what is published, and the offsets, go into transactions"),
        Key("worker.transaction_interval_ms", .integer(1...10_000), 100, "how long a transaction gathers what is to be published"),
        Key("worker.transaction_max_requests", .integer(1...100_000), 1_000, "after how many requests a transaction waits no longer"),
        Key("worker.commit_interval_ms", .integer(1...3_600_000), 1_000, "the time between two commits of offsets"),
        Key("worker.offset_metadata_max_bytes", .integer(64...1_000_000), 4_096, "the brokers' offset.metadata.max.bytes"),
        Key(
            "worker.drain_timeout_s", .integer(0...86_400), 30,
            "how long requests may take to finish when the worker stops, or their partition goes to another"),
        Key("worker.duplicate_window_s", .integer(0...31_536_000), 86_400, "how long answered requests are remembered; 0 is not at all"),
        Key(
            "worker.dead_letter_failures", .boolean, true,
            "whether requests that failed though they were in order are kept on the dead-letter topic"),
        Key(
            "worker.schema_repair", .boolean, false,
            "whether a model whose answer does not fit the schema it was given is told so, and asked once more"),
        Key("worker.claim_check_directory", .text, "", "where responses are kept that Kafka does not take; empty for nowhere"),
        Key(
            "worker.log_level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]), "info",
            "the least important messages that are logged"),
    ]

    static let httpKeys = [
        Key("http.connect_timeout_ms", .integer(1...3_600_000), 5_000, "to connect to a provider"),
        Key("http.first_byte_timeout_ms", .integer(1...86_400_000), 120_000, "until the first byte of a response"),
        Key("http.idle_timeout_ms", .integer(1...86_400_000), 60_000, "between two pieces of a streamed response"),
        Key("http.total_timeout_ms", .integer(1...86_400_000), 600_000, "until the end of a response"),
        Key("http.max_connections_per_host", .integer(0...65_535), 0, "connections to one host; 0 is one for each request in flight"),
        Key("http.max_response_bytes", .bytes(1...(1 << 31)), 33_554_432, "the largest response"),
        Key("http.keep_alive_s", .integer(0...86_400), 60, "how long an unused connection is kept"),
        Key("http.http2", .boolean, true, "whether HTTP/2 is offered over TLS"),
        Key("http.proxy", .textOrSecret, "", "the proxy's URL; empty for none"),
        Key("http.ca_file", .text, "", "a PEM file of authorities to trust instead of the system's"),
    ]

    static let redisKeys = [
        Key("redis.url", .textOrSecret, "", "redis://[user@]host[:port][/database], rediss:// for TLS, redis-sentinel://; empty for none"),
        Key("redis.password", .secret, nil, "Redis' password"),
        Key("redis.sentinel_password", .secret, nil, "the sentinels' password"),
        Key("redis.timeout_ms", .integer(1...60_000), 500, "how long a command waits for its reply"),
        Key("redis.ca_file", .text, "", "a PEM file of authorities to trust instead of the system's"),
        Key("redis.client_certificate", .text, "", "a PEM file with the worker's certificate, if Redis asks for one"),
        Key("redis.client_key", .text, "", "a PEM file with the key of client_certificate"),
        Key("redis.server_name", .text, "", "the name in Redis' certificate, if it is not the host's"),
    ]

    static let retryKeys = [
        Key("retry.max_attempts", .integer(1...100), 4, "provider calls that a request may cost"),
        Key("retry.base_delay_ms", .integer(0...3_600_000), 500, "the longest pause after the first failure; it doubles with each"),
        Key("retry.max_delay_ms", .integer(0...3_600_000), 30_000, "the longest pause"),
        Key("retry.max_total_s", .integer(1...31_536_000), 86_400, "how long after its first call a request may be tried again"),
        Key("retry.in_memory_max_ms", .integer(0...3_600_000), 60_000, "a longer pause is spent on a retry topic"),
        Key(
            "retry.budget_percent", .integer(0...1_000), 20,
            "retries for each 100 calls to a provider; those beyond wait half of the longest pause or more"
        ),
    ]

    static let batchKeys = [
        Key("batch.gather_s", .integer(1...86_400), 60, "how long the first request of a batch waits for others"),
        Key("batch.max_requests", .integer(1...100_000), 10_000, "how many requests are enough for a batch"),
        Key("batch.poll_s", .integer(1...3_600), 60, "the time between two looks at a batch"),
        Key(
            "batch.deadline_s", .integer(1...604_800), 86_400,
            "how long a request waits for its batch before it is answered like others, at their price"),
    ]

    static let providerKeys = [
        Key("providers.*.kind", .choice(WireFormats.all.map(\.name)), "openai", "the wire format"),
        Key("providers.*.base_url", .url, nil, "where the API is, with its version"),
        Key("providers.*.api_key", .secret, nil, "the key that calls are authorised with"),
        Key("providers.*.api_keys", .secrets, nil, "several keys, which take turns"),
        Key("providers.*.organization", .text, "", "the account that calls are charged to"),
        Key("providers.*.stream_usage", .boolean, true, "whether streamed calls ask for usage, which some servers refuse"),
        Key("providers.*.headers.*", .textOrSecret, nil, "a header field sent with each call"),
    ]

    static let modelKeys = [
        Key("models.*.provider", .text, nil, "the provider that has the model"),
        Key("models.*.model", .text, nil, "the model's name at the provider"),
        Key("models.*.max_tokens", .integer(1...10_000_000), nil, "how many tokens an answer may have if the request does not say"),
        Key("models.*.price.input", .price, nil, "US dollars for a million input tokens"),
        Key("models.*.price.cached_input", .price, nil, "US dollars for a million input tokens that the provider had cached"),
        Key("models.*.price.cache_write", .price, nil, "US dollars for a million input tokens that the provider puts into its cache"),
        Key("models.*.price.output", .price, nil, "US dollars for a million output tokens"),
    ]
}
