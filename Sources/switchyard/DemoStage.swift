import Bulk
import Foundation
import Synchronization

/// The processes of the demo: started in order, each awaited until it is ready, and stopped by pid. Blocks.
final class DemoStage: Sendable {
    private struct State {
        var processes: [(name: String, process: Process)] = []
        var brokers = ""
        var started = ContinuousClock.now
        var ended = ContinuousClock.now
    }

    let directory: String
    let configuration: String
    private let target: DemoProvider
    private let state = Mutex(State())

    init(configuration: String, target: DemoProvider) throws {
        self.configuration = configuration
        self.target = target
        directory = NSTemporaryDirectory() + "switchyard-demo-\(getpid())"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit {
        removeFiles()
    }

    func removeFiles() {
        try? FileManager.default.removeItem(atPath: directory)
    }

    var brokers: String { state.withLock { $0.brokers } }

    /// How long asking and answering took, without the start of the processes.
    var seconds: Double {
        let elapsed = state.withLock { $0.ended - $0.started }
        return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    }

    func noteEnd() {
        state.withLock { $0.ended = .now }
    }

    func start() throws {
        guard let port = FreePort.find() else { throw BulkError("no free port for redis-server") }
        let redisOptions = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"]
        try launch("redis-server", ["--port", "\(port)"] + redisOptions, log: "redis")
        try switchyard("broker", ["broker", "--partitions", "16", "--address-file", directory + "/broker"])
        let brokers = try contents(of: "broker")
        state.withLock { $0.brokers = brokers }
        setenv("SWITCHYARD_KAFKA_BOOTSTRAP_SERVERS", brokers, 1)
        setenv("SWITCHYARD_REDIS_URL", "redis://127.0.0.1:\(port)/0", 1)
        switch target {
        case .simulator:
            try switchyard("simulator", ["simulate", "--port", "0", "--port-file", directory + "/simulator"])
            setenv("SWITCHYARD_PROVIDERS_SIMULATOR_BASE_URL", "http://127.0.0.1:\(try contents(of: "simulator"))/v1", 1)
        case .real(let baseURL, let hasKey, _):
            setenv("SWITCHYARD_PROVIDERS_REAL_KIND", "openai", 1)
            setenv("SWITCHYARD_PROVIDERS_REAL_BASE_URL", baseURL, 1)
            if hasKey { setenv("SWITCHYARD_PROVIDERS_REAL_API_KEY", "env:OPENAI_API_KEY", 1) }
        }
        for number in 1...2 {
            try switchyard("worker-\(number)", ["work", "--config", configuration, "--ready-file", directory + "/worker-\(number)"])
        }
        for number in 1...2 { _ = try contents(of: "worker-\(number)") }
        Console.say("redis on port \(port), broker at \(brokers), 2 workers")
        state.withLock { $0.started = .now }
    }

    /// Ends the processes, the workers before what they depend on.
    func stop() {
        let processes = state.withLock { $0.processes }
        let workers = processes.filter { $0.name.hasPrefix("worker") }
        for group in [workers, processes] {
            for (_, process) in group where process.isRunning { process.terminate() }
            for (_, process) in group { process.waitUntilExit() }
        }
    }

    /// Starts this program with other arguments.
    func switchyard(_ name: String, _ arguments: [String], inForeground: Bool = false) throws {
        let process = try launch(Bundle.main.executablePath ?? CommandLine.arguments[0], arguments, log: inForeground ? nil : name)
        guard inForeground else { return }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BulkError("switchyard \(arguments[0]) failed with status \(process.terminationStatus)")
        }
    }

    @discardableResult
    private func launch(_ program: String, _ arguments: [String], log: String?) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program.hasPrefix("/") ? program : "/usr/bin/env")
        process.arguments = program.hasPrefix("/") ? arguments : [program] + arguments
        process.standardInput = FileHandle.nullDevice
        if let log {
            let path = directory + "/\(log).log"
            _ = FileManager.default.createFile(atPath: path, contents: nil)
            let handle = FileHandle(forWritingAtPath: path)
            process.standardOutput = handle
            process.standardError = handle
        }
        try Self.withoutBlockedSignals { try process.run() }
        if let log { state.withLock { $0.processes.append((log, process)) } }
        return process
    }

    /// A child inherits the signals that its thread blocks, and threads of Swift's pool block SIGTERM.
    private static func withoutBlockedSignals(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    /// What a process writes to a file when it is ready.
    ///
    /// - Throws: `BulkError` with the end of its log if it does not get so far.
    private func contents(of name: String) throws -> String {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if let text = try? String(contentsOfFile: directory + "/" + name, encoding: .utf8), text.hasSuffix("\n") {
                return text.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            if let ended = state.withLock({ $0.processes.first { !$0.process.isRunning }?.name }) {
                throw BulkError("\(ended) ended:\n\(logTail(ended))")
            }
            usleep(20_000)
        }
        throw BulkError("\(name) was not ready within a minute:\n\(logTail(name))")
    }

    private func logTail(_ name: String) -> String {
        let log = (try? String(contentsOfFile: directory + "/\(name).log", encoding: .utf8)) ?? ""
        return log.split(separator: "\n").suffix(10).joined(separator: "\n")
    }
}
