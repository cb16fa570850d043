import Configuration
import TestSupport
import Testing

@Suite struct ProblemTests {
    @Test(arguments: [
        ("worker: {max_in_flght: 5}", "c.yaml:1:10: worker.max_in_flght: there is no such key; did you mean worker.max_in_flight?"),
        ("wroker: {loops: 5}", "c.yaml:1:1: wroker: there is no such key; did you mean worker?"),
        ("max_in_flight: 5", "c.yaml:1:1: max_in_flight: there is no such key; did you mean worker.max_in_flight?"),
        ("zzz: 5", "c.yaml:1:1: zzz: there is no such key"),
        (
            "worker:\n  loops: many",
            "c.yaml:2:10: worker.loops: must be a whole number from 0 to 1024, not 'many' (event loops, each a thread; 0 is one for each core)"
        ),
        (
            "worker: {loops: -1}",
            "c.yaml:1:17: worker.loops: must be a whole number from 0 to 1024, not '-1' (event loops, each a thread; 0 is one for each core)"
        ),
        ("worker: 5", "c.yaml:1:9: worker: must be a mapping of keys to values"),
        ("- a", "c.yaml:1:1: the file must be a mapping of keys to values"),
        ("worker: {loops: {a: 1}}", "c.yaml:1:17: worker.loops: must be a value, not a section; did you mean loops?"),
        (
            "worker: {log_level: inf}",
            "c.yaml:1:21: worker.log_level: must be one of trace, debug, info, notice, warning, error, critical, not 'inf'; "
                + "did you mean info? (the least important messages that are logged)"
        ),
        (
            "topics: {create: maybe}",
            "c.yaml:1:18: topics.create: must be true or false, not 'maybe' (whether the worker creates missing topics)"
        ),
        (
            "worker: {max_request_bytes: 4 MiBs}",
            "c.yaml:1:29: worker.max_request_bytes: must be a size from 1 to 1000000000 bytes, such as 256MiB, not '4 MiBs' (the largest request)"
        ),
        (
            "topics: {responses: 'a b'}",
            "c.yaml:1:21: topics.responses: 'a b' is no topic name: letters, digits, '.', '_' and '-' make one (where responses go)"
        ),
        ("topics: {responses: ..}", "c.yaml:1:21: topics.responses: cannot be '..' (where responses go)"),
        ("topics: {requests: []}", "c.yaml:1:20: topics.requests: must name a topic"),
        ("topics: {replication_factor: 0}", "c.yaml:1:30: topics.replication_factor: must be 1 or more, or -1 for the broker's default"),
        (
            "topics: {chunks: llm.requests}",
            "c.yaml:1:18: topics.chunks: 'llm.requests' is named by topics.requests too; a topic has one role"
        ),
        ("topics: {requests: [a, a]}", "c.yaml:1:20: topics.requests: 'a' is named twice; a topic has one role"),
        (
            "topics: {reply_to: [llm.events]}",
            "c.yaml:1:20: topics.reply_to: 'llm.events' is named by topics.events too; a topic has one role"
        ),
        (
            "retry: {base_delay_ms: 5, max_delay_ms: 1}",
            "c.yaml:1:24: retry.base_delay_ms: must not be more than retry.max_delay_ms, which is 1"
        ),
        ("retry: {max_delay_ms: 1}", "c.yaml:1:23: retry.base_delay_ms: must not be more than retry.max_delay_ms, which is 1"),
        (
            "redis: {url: 'localhost:6379'}",
            "c.yaml:1:14: redis.url cannot be used: it has no scheme; write redis://[user@]host[:port][/database]"
        ),
    ])
    func aWrongValueIsToldWithItsPlaceAndWhatToDo(_ yaml: String, _ message: String) {
        #expect(problems(yaml) == [message])
    }

    @Test(arguments: [
        (
            "providers: {a: {kind: openia}}",
            "c.yaml:1:23: providers.a.kind: must be one of openai, anthropic, gemini, cerebras, cohere, not 'openia'; did you mean openai? (the wire format)"
        ),
        (
            "providers: {a: {base_url: localhost}}",
            "c.yaml:1:27: providers.a.base_url: cannot be used: the URL is not usable (Bad scheme); give an absolute one, like https://host/path "
                + "(where the API is, with its version)"
        ),
        (
            "providers: {a: {base_url: 'http://u@h/v1'}}",
            "c.yaml:1:27: providers.a.base_url: must not hold a user or password; put them into api_key or headers, as env:NAME or file:PATH "
                + "(where the API is, with its version)"
        ),
        (
            "providers: {a: {base_url: 'http://h/v1#x'}}",
            "c.yaml:1:27: providers.a.base_url: cannot be used: the URL has a #, but paths are appended to it "
                + "(where the API is, with its version)"
        ),
        ("providers: {a/b: {}}", "c.yaml:1:13: providers.a/b: a provider's name has no spaces and no '/'"),
        (
            "providers: {a: {headers: {'X Y': z}}}",
            "c.yaml:1:34: providers.a.headers.X Y: a header name is empty or holds a character that no header name may"
        ),
        ("providers: {a: {apikey: env:X}}", "c.yaml:1:17: providers.a.apikey: there is no such key; did you mean providers.a.api_key?"),
        ("models: {m: {model: x}}", "c.yaml:1:10: models.m.provider: is missing; name the provider"),
        ("providers: {a: }\nmodels: {m: {provider: a}}", "c.yaml:2:10: models.m.model: is missing; name the model"),
        (
            "providers: {local: }\nmodels: {m: {provider: lcal, model: x}}",
            "c.yaml:2:24: models.m.provider: there is no provider 'lcal'; did you mean local?"
        ),
        ("default_provider: a", "c.yaml:1:19: default_provider: there is no provider 'a'"),
        (
            "providers: {a: }\nmodels: {m: {provider: a, model: x, price: {input: 1}}}",
            "c.yaml:2:52: models.m.price: needs both input and output"
        ),
        (
            "providers: {a: }\nmodels: {m: {provider: a, model: x, price: {input: -1, output: 1}}}",
            "c.yaml:2:52: models.m.price.input: must be a number of US dollars, 0 or more, not '-1' (US dollars for a million input tokens)"
        ),
    ])
    func aWrongProviderOrModelIsTold(_ yaml: String, _ message: String) {
        #expect(problems(yaml) == [message])
    }

    @Test func allThatIsWrongIsToldAtOnce() {
        let found = problems(
            "worker: {loops: x}\ntopics: {creat: true}", environment: ["SWITCHYARD_WORKER_MAX_IN_FLIGHT": "x"],
            overrides: ["worker.drain_timeout_s=x", "worker.lops=1", "worker.loops"])
        #expect(
            found.map { $0.split(separator: " ").prefix(3).joined(separator: " ") } == [
                "c.yaml:1:17: worker.loops: must", "c.yaml:2:10: topics.creat: there",
                "SWITCHYARD_WORKER_MAX_IN_FLIGHT: worker.max_in_flight: must",
                "--set worker.drain_timeout_s: worker.drain_timeout_s:", "--set worker.lops: there", "--set worker.loops: there",
            ])
        #expect(found[4].hasSuffix("; did you mean worker.loops?"))
        #expect(found[5] == "--set worker.loops: there is no value; write --set KEY=VALUE")
    }

    @Test(arguments: [
        ("SWITCHYARD_WORKER_MAX_IN_FLGHT", "SWITCHYARD_WORKER_MAX_IN_FLIGHT"),
        ("SWITCHYARD_WOKER_LOOPS", "SWITCHYARD_WORKER_LOOPS"),
        ("SWITCHYARD_PROVIDERS_LOCAL_BASEURL", "SWITCHYARD_PROVIDERS_LOCAL_BASE_URL"),
        ("SWITCHYARD_MODELS_NEW_MODL", "SWITCHYARD_MODELS_NEW_MODEL"),
    ])
    func aMisspeltVariableIsTold(_ name: String, _ meant: String) {
        let found = problems("providers: {local: }", environment: [name: "s3cret"])
        #expect(found == ["\(name): there is no key of this name; did you mean \(meant)?"])
    }

    @Test(arguments: [
        ("worker: [", "c.yaml:2:1: not valid YAML: "),
        ("worker: {loops: 1}\nworker: {loops: 2}", "c.yaml:1:1: given more than once: worker"),
        ("a: *b", "c.yaml:1:4: not valid YAML: found undefined alias"), ("redis: {password: \"s3cret}", "c.yaml:1:27: not valid YAML: "),
        ("worker:\n\tloops: 1", "c.yaml:2:1: not valid YAML: "), ("a: 1\n---\nb: 1", "c.yaml:2:1: not valid YAML: "),
    ])
    func whatIsNoYAMLIsToldWithItsPlaceAndWithoutTheLine(_ yaml: String, _ start: String) {
        let found = problems(yaml)
        #expect(found.count == 1 && found[0].hasPrefix(start) && !found[0].contains("s3cret"), "\(found)")
    }

    @Test func aFileThatCannotBeReadIsTold() throws {
        let error = try #require(throws: ConfigurationError.self) {
            try ConfigurationLoader.load(file: "/no/such.yaml", environment: [:], overrides: [])
        }
        #expect(error.description == "/no/such.yaml: cannot be read: No such file or directory")
        let directory = try TemporaryDirectory()
        let file = try directory.write([0x61, 0x3a, 0x20, 0xff], to: "c.yaml")
        #expect(throws: ConfigurationError.self) { try ConfigurationLoader.load(file: file, environment: [:], overrides: []) }
    }

    @Test(arguments: [
        ("1", 1), ("1kib", 1_024), ("256MiB", 268_435_456), ("1 GB", 1_000_000_000), ("5b", 5), ("2MB", 2_000_000),
    ])
    func sizesMayHaveUnits(_ text: String, _ bytes: Int) throws {
        #expect(try load("worker: {max_in_flight_bytes: \(text)}").configuration.worker.maxInFlightBytes == bytes)
    }

    @Test(arguments: ["MiB", "-1MiB", "1.5MiB", "99999999999999999999GiB", "9223372036854775807GB", "0", "1 2", ""])
    func whatIsNoSizeIsRefused(_ text: String) {
        #expect(problems("worker: {max_in_flight_bytes: '\(text)'}").count == 1)
    }
}
