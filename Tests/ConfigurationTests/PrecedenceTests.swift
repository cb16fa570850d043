import Configuration
import Kafka
import Providers
import Testing

@Suite struct PrecedenceTests {
    @Test func flagsGoBeforeTheEnvironmentAndThatBeforeTheFile() throws {
        let yaml = "worker: {loops: 1, max_in_flight: 1, drain_timeout_s: 1}"
        let environment = ["SWITCHYARD_WORKER_MAX_IN_FLIGHT": "2", "SWITCHYARD_WORKER_DRAIN_TIMEOUT_S": "2"]
        let worker = try load(yaml, environment: environment, overrides: ["worker.drain_timeout_s=3"]).configuration.worker
        #expect(worker.loops == 1)
        #expect(worker.maxInFlight == 2)
        #expect(worker.drainTimeoutSeconds == 3)
    }

    @Test func theLastOfTwoFlagsWins() throws {
        #expect(try load(overrides: ["worker.loops=1", "worker.loops=2"]).configuration.worker.loops == 2)
    }

    @Test func variablesAndFlagsReachPropertiesOfLibrdkafka() throws {
        let environment = [
            "SWITCHYARD_KAFKA_BOOTSTRAP_SERVERS": "a:1,b:2", "SWITCHYARD_KAFKA_CONSUMER_GROUP_ID": "g", "SWITCHYARD_KAFKA_LOG_LEVEL": "3",
            "SWITCHYARD_KAFKA_PRODUCER_LINGER_MS": "7",
        ]
        let kafka = try load(environment: environment, overrides: ["kafka.consumer.fetch.wait.max.ms=9", "kafka.client.id=x=y"])
            .configuration.kafka
        #expect(kafka.consumerProperties["bootstrap.servers"] == "a:1,b:2")
        #expect(kafka.consumerProperties["group.id"] == "g")
        #expect(kafka.consumerProperties["log_level"] == "3")
        #expect(kafka.consumerProperties["fetch.wait.max.ms"] == "9")
        #expect(kafka.workerProducerProperties["linger.ms"] == "7")
        #expect(kafka.workerProducerProperties["client.id"] == "x=y")
    }

    @Test func listsAreWrittenWithCommas() throws {
        let environment = ["SWITCHYARD_TOPICS_REQUESTS": "a, b"]
        let topics = try load(environment: environment, overrides: ["topics.reply_to=c,d,llm.responses"]).configuration.topics
        #expect(topics.requests == ["a", "b"])
        #expect(topics.replyTo == ["c", "d", "llm.responses"])
        #expect(try load("topics: {reply_to: [a]}", environment: ["SWITCHYARD_TOPICS_REPLY_TO": ""]).configuration.topics.replyTo.isEmpty)
    }

    @Test func aVariableFindsTheNameInTheFileOrMakesOneInLowerCase() throws {
        let yaml = """
            providers: {My-Own: {base_url: "http://a/v1"}}
            models: {gpt-4.1: {provider: My-Own, model: x}}
            """
        let environment = [
            "SWITCHYARD_PROVIDERS_MY_OWN_BASE_URL": "http://b/v1", "SWITCHYARD_PROVIDERS_OPENAI_API_KEY": "env:KEY", "KEY": "k",
            "SWITCHYARD_PROVIDERS_OPENAI_HEADERS_X_TEAM": "search", "SWITCHYARD_MODELS_GPT_4_1_MODEL": "y",
            "SWITCHYARD_MODELS_GPT_4_1_PRICE_INPUT": "1", "SWITCHYARD_MODELS_GPT_4_1_PRICE_CACHED_INPUT": "0.5",
            "SWITCHYARD_MODELS_GPT_4_1_PRICE_OUTPUT": "2", "SWITCHYARD_DEFAULT_PROVIDER": "openai",
        ]
        let configuration = try load(yaml, environment: environment).configuration
        #expect(configuration.providers.keys.sorted() == ["My-Own", "openai"])
        #expect(configuration.providers["My-Own"]?.baseURL == "http://b/v1")
        let openAI = try #require(configuration.providers["openai"])
        #expect(openAI.format.name == "openai")
        #expect(openAI.baseURL == "https://api.openai.com/v1")
        #expect(try openAI.apiKeys.map { try $0.reveal() } == ["k"])
        #expect(try openAI.headers["x-team"]?.reveal() == "search")
        #expect(configuration.models["gpt-4.1"]?.model == "y")
        #expect(configuration.models["gpt-4.1"]?.price == Price(input: 1, cachedInput: 0.5, output: 2))
        #expect(configuration.defaultProvider == "openai")
    }

    @Test func aFlagMayNameWhatHasDots() throws {
        let overrides = [
            "models.gpt-4.1.provider=a.b", "models.gpt-4.1.model=m", "models.gpt-4.1.price.input=1", "models.gpt-4.1.price.output=2",
            "providers.a.b.headers.X.Y=z", "providers.a.b.base_url=http://h",
        ]
        let configuration = try load(overrides: overrides).configuration
        #expect(configuration.models["gpt-4.1"]?.provider == "a.b")
        #expect(configuration.models["gpt-4.1"]?.price?.output == 2)
        #expect(configuration.providers["a.b"]?.headers.keys.sorted() == ["X.Y"])
    }

    @Test(arguments: [
        "SWITCHYARD_CONFIG", "SWITCHYARD_BASE_URL", "SWITCHYARD_TEST_PYTHON", "SWITCHYARD_BIN", "SWITCHYARD_BENCH_N", "SWITCHYARDX",
        "SWITCHYARD_PORT", "SWITCHYARD_SERVICE_HOST", "SWITCHYARD_REDIS_SERVICE_HOST", "SWITCHYARD_REDIS_SERVICE_PORT_TCP_REDIS",
        "SWITCHYARD_REDIS_PORT", "SWITCHYARD_REDIS_PORT_6379_TCP_ADDR", "SWITCHYARD_KAFKA_PORT_9092_TCP", "SWITCHYARD_COLOUR",
    ])
    func variablesOfOthersAreIgnored(_ name: String) {
        #expect(problems(environment: [name: "tcp://10.0.0.1:6379"]) == [])
    }
}
