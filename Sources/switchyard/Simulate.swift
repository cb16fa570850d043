import ArgumentParser
import Foundation
import Simulator

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a simulated provider that speaks the wire formats of OpenAI, Anthropic, Gemini, Cohere and Cerebras.",
        discussion: """
            Answers chats (whole and streamed), completions, embeddings, batches and the list of models, for any model name. An answer \
            begins with the 64-bit FNV-1a digest, in hexadecimal, of the last message's text or of the prompt.

            BASE URLS AND WHAT IS THERE
              OpenAI     http://127.0.0.1:8089/v1
                         chat/completions, completions, embeddings, files, batches
              Anthropic  http://127.0.0.1:8089/v1
                         messages, messages/batches
              Gemini     http://127.0.0.1:8089/v1beta
                         models/MODEL:generateContent, :streamGenerateContent,
                         :embedContent, :batchEmbedContents
              Cohere     http://127.0.0.1:8089/v2
                         chat, embed
              Cerebras   http://127.0.0.1:8089/cerebras/v1
                         chat/completions, completions

            What is drawn for a request depends on the seed, on its prompt, and on how often that prompt has come before: the same \
            requests get the same answers and the same faults in every run, and a retry draws anew.

            A prompt may ask for its own answer, in the text of its last message:
              [latency 60000]  answered after 60,000 milliseconds
              [words 5000]     5,000 words, unless fewer tokens are allowed
              [reasoning]      reasoning first, as where it is asked for
              [tools 2]        two calls of offered tools instead of text
              [cached 100]     100 input tokens reported as cached
              [bad json 1]     a first answer that does not fit the schema
              [fault stall]    what goes wrong; [fault stall 2] only at the
                               first two attempts at the prompt
            Faults: \(Fault.allCases.map(\.name).joined(separator: ", ")); in batches also expired.

            A key with "revoked", "forbidden" or "exhausted" in it is refused as one of which that is true.

            GET /simulator/stats tells what came of the requests; repeated_ok counts answers that were paid for more than once. keys has \
            the requests, answers and requests in flight of each API key ("" for none), of 1,000 keys at most; where keys are limited, \
            also what was let through: in all, at most within any 1, 10 and 60 seconds, and when first and last, by the machine's monotonic \
            clock. A request of a batch counts as one, once the batch has ended.

            EXAMPLES
              switchyard simulate
              switchyard simulate --port 0 --port-file port.txt --latency-ms 800 --tokens-per-second 50
              switchyard simulate --latency-range 1-2000 --output-tokens 5
              switchyard simulate --error-rate 0.02 --rate-limit-rate 0.05 --disconnect-rate 0.01 --seed 7
              switchyard simulate --fault-rate stall=0.01 --fault-rate corrupt=0.01
              switchyard simulate --requests-per-minute 600 --tokens-per-minute 90000 --quota-burst-seconds 5
              curl http://127.0.0.1:8089/simulator/stats
            """)

    @Option(help: "The port to listen on; 0 is any that is free.")
    var port = 8089

    @Option(help: "The address to listen on.")
    var bind = "127.0.0.1"

    @Option(help: "Write the port to this file once clients can connect.", completion: .file())
    var portFile: String?

    @Option(help: "Event loops, each a thread.")
    var threads = 1

    @Option(help: "Demand this key; without it any is accepted, and none.")
    var apiKey: String?

    @OptionGroup(title: "ANSWERS") var answers: SimulatedAnswers

    @OptionGroup(title: "LIMITS OF EACH KEY, BEYOND WHICH THE ANSWER IS 429") var limits: SimulatedLimits

    @OptionGroup(title: "FAULTS") var faults: SimulatedFaults

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535") }
        guard (1...64).contains(threads) else { throw ValidationError("--threads must be 1 to 64") }
        if let apiKey, apiKey.isEmpty { throw ValidationError("--api-key must not be empty; leave it out to accept any key") }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        OpenFileLimit.raise()
        var options = SimulationOptions()
        options.apiKey = apiKey
        answers.apply(to: &options)
        options.limits = limits.quota
        faults.apply(to: &options)
        let simulator = try await Simulator.start(options, address: bind, port: port, threads: threads)
        if let portFile {
            try Data("\(simulator.port)\n".utf8).write(to: URL(fileURLWithPath: portFile), options: .atomic)
        }
        let host = bind.contains(":") ? "[\(bind)]" : bind
        print("simulating a provider at http://\(host):\(simulator.port)/v1")
        fflush(nil)
        await Signals.firstToStop()
        await simulator.stop()
    }
}

/// How the simulated provider answers.
struct SimulatedAnswers: ParsableArguments {
    @Option(help: "Median of the time to the first token, in milliseconds.")
    var latencyMs = 200.0

    @Option(help: "How much latencies differ: the standard deviation of their logarithm; 0 makes all the same.")
    var latencySigma = 0.3

    @Option(help: "Draw the time to the first token evenly from this range instead, in milliseconds: 1-2000.")
    var latencyRange: MillisecondRange?

    @Option(help: "Output tokens a second after that time; 0 makes them all at once.")
    var tokensPerSecond = 0.0

    @Option(help: "Median of the answers' length, in tokens.")
    var outputTokens = 60

    @Option(help: "Seconds that a batch takes.")
    var batchSeconds = 1.0

    @Option(help: "Determines all that is drawn.")
    var seed: UInt64 = 1

    func validate() throws {
        guard (0...3_600_000).contains(latencyMs) else { throw ValidationError("--latency-ms must be 0 to 3600000") }
        guard (0...3).contains(latencySigma) else { throw ValidationError("--latency-sigma must be 0 to 3") }
        guard (0...1_000_000).contains(tokensPerSecond) else { throw ValidationError("--tokens-per-second must be 0 to 1000000") }
        guard (0...86_400).contains(batchSeconds) else { throw ValidationError("--batch-seconds must be 0 to 86400") }
        guard (1...100_000).contains(outputTokens) else { throw ValidationError("--output-tokens must be 1 to 100000") }
    }

    func apply(to options: inout SimulationOptions) {
        options.latencyMilliseconds = latencyMs
        options.latencySigma = latencySigma
        options.latencyRange = latencyRange?.bounds
        options.tokensPerSecond = tokensPerSecond
        options.outputTokens = outputTokens
        options.batchSeconds = batchSeconds
        options.seed = seed
    }
}

/// Two times with a dash between them, as in `1-2000`.
struct MillisecondRange: ExpressibleByArgument {
    let bounds: ClosedRange<Double>

    init?(argument: String) {
        let numbers = argument.split(separator: "-", omittingEmptySubsequences: false).map { Double($0) }
        guard numbers.count == 2, let least = numbers[0], let most = numbers[1], least >= 0, most >= least, most <= 3_600_000 else {
            return nil
        }
        bounds = least...most
    }
}

/// What each key may use.
struct SimulatedLimits: ParsableArguments {
    @Option(help: "Requests a minute; 0 lets all through.")
    var requestsPerMinute = 0

    @Option(help: "Tokens a minute, of prompt and answer; 0 lets all through.")
    var tokensPerMinute = 0

    @Option(help: "How much may come at once after a lull, and at first, in seconds' worth of the limits.")
    var quotaBurstSeconds = 60.0

    func validate() throws {
        for (name, limit) in [("--requests-per-minute", requestsPerMinute), ("--tokens-per-minute", tokensPerMinute)]
        where !(0...100_000_000).contains(limit) {
            throw ValidationError("\(name) must be 0 to 100000000")
        }
        guard (0...60).contains(quotaBurstSeconds) else { throw ValidationError("--quota-burst-seconds must be 0 to 60") }
    }

    var quota: QuotaLimits {
        var limits = QuotaLimits()
        limits.requestsPerMinute = requestsPerMinute
        limits.tokensPerMinute = tokensPerMinute
        limits.burstSeconds = quotaBurstSeconds
        return limits
    }
}

/// What goes wrong at the simulated provider.
struct SimulatedFaults: ParsableArguments {
    @Option(help: "Probability of 500 server_error.")
    var errorRate = 0.0

    @Option(help: "Probability of 429 rate_limit_exceeded, with retry-after, at once.")
    var rateLimitRate = 0.0

    @Option(help: "Probability of 503, at once.")
    var overloadRate = 0.0

    @Option(help: "Probability of 200 with a body that ends in the middle.")
    var malformedRate = 0.0

    @Option(help: "Probability that the connection is closed instead of an answer.")
    var disconnectRate = 0.0

    @Option(help: "Probability of any other fault, by its name in prompts: stall=0.01. May be repeated.")
    var faultRate: [NamedFaultRate] = []

    func validate() throws {
        let rates =
            [
                ("--error-rate", errorRate), ("--rate-limit-rate", rateLimitRate), ("--overload-rate", overloadRate),
                ("--malformed-rate", malformedRate), ("--disconnect-rate", disconnectRate),
            ] + faultRate.map { ("--fault-rate", $0.rate) }
        for (name, rate) in rates where !(0...1).contains(rate) {
            throw ValidationError("\(name) is a probability and must be 0 to 1")
        }
        guard rates.reduce(0, { $0 + $1.1 }) <= 1 + 1e-9 else {
            throw ValidationError("the probabilities of all faults together must not be more than 1")
        }
    }

    func apply(to options: inout SimulationOptions) {
        options.faults.serverError = errorRate
        options.faults.rateLimited = rateLimitRate
        options.faults.overloaded = overloadRate
        options.faults.malformed = malformedRate
        options.faults.disconnected = disconnectRate
        for named in faultRate { options.faults[named.fault] += named.rate }
    }
}

/// A fault's name and its probability, as in `stall=0.01`.
struct NamedFaultRate: ExpressibleByArgument {
    let fault: Fault
    let rate: Double

    init?(argument: String) {
        let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, let fault = Fault(name: parts[0]), let rate = Double(parts[1]) else { return nil }
        self.fault = fault
        self.rate = rate
    }
}
