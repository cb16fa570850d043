internal import Glibc
internal import Synchronization

/// A program that a test starts, and that ends with the last reference to it.
package final class ChildProcess: Sendable {
    private enum State {
        case running
        case ended(status: Int32)
    }

    package let identifier: Int32
    private let directory: TemporaryDirectory
    private let state = Mutex(State.running)

    /// Starts a program, which is looked for in the path. It inherits the environment, and its output goes to a file.
    ///
    /// - Parameter sink: where its output goes instead.
    /// - Throws: `SupportError` if it cannot be started.
    package init(_ program: String, _ arguments: [String], environment: [String: String] = [:], sink: String? = nil) throws {
        let directory = try TemporaryDirectory()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, sink ?? "\(directory.path)/output", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Threads of Swift's pool block signals, and the child would inherit that and not hear SIGTERM.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var settings = Self.environment(adding: environment).map { strdup($0) } + [nil]
        defer { for text in words + settings { free(text) } }
        var child: pid_t = 0
        let result = posix_spawnp(&child, program, &actions, &attributes, &words, &settings)
        guard result == 0 else { throw SupportError("cannot start \(program): \(String(cString: strerror(result)))") }
        identifier = child
        self.directory = directory
    }

    deinit {
        send(signal: SIGKILL)
        wait()
    }

    /// Runs a program to its end.
    ///
    /// - Throws: `SupportError` with its output if it fails.
    package static func run(_ program: String, _ arguments: [String]) throws {
        let process = try ChildProcess(program, arguments)
        let status = process.wait()
        guard status == 0 else { throw SupportError("\(program) ended with \(status): \(process.output)") }
    }

    /// What it has written to its standard output and error so far.
    package var output: String { directory.read("output") }

    /// Whether it still runs.
    package var isRunning: Bool {
        state.withLock { state in
            guard case .running = state else { return false }
            var status: Int32 = 0
            guard waitpid(identifier, &status, WNOHANG) == identifier else { return true }
            state = .ended(status: status)
            return false
        }
    }

    /// Waits until a condition of its own making holds.
    ///
    /// - Throws: `SupportError` with its output if it ends before, or takes too long.
    package func waitUntilReady(_ isReady: () async throws -> Bool) async throws {
        try await Condition.wait(for: "process \(identifier) to be ready") {
            guard isRunning else { throw SupportError("process \(identifier) ended before it was ready: \(output)") }
            return try await isReady()
        }
    }

    /// Sends it a signal, unless it has ended.
    package func send(signal: Int32) {
        state.withLock { state in
            if case .running = state { kill(identifier, signal) }
        }
    }

    /// Waits for its end, and returns its exit status, or 128 and the signal that ended it. Blocks the thread.
    @discardableResult
    package func wait() -> Int32 {
        state.withLock { state in
            if case .running = state {
                var status: Int32 = 0
                while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
                state = .ended(status: status)
            }
            guard case .ended(let status) = state else { return -1 }
            let signal = status & 0x7f
            return signal == 0 ? (status >> 8) & 0xff : 128 + signal
        }
    }

    private static func environment(adding own: [String: String]) -> [String] {
        var lines: [String] = []
        var next = environ
        while let line = next.pointee {
            let text = String(cString: line)
            if !own.keys.contains(where: { text.hasPrefix("\($0)=") }) { lines.append(text) }
            next += 1
        }
        return lines + own.map { "\($0.key)=\($0.value)" }
    }
}
