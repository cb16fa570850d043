internal import Glibc
internal import Synchronization

/// A Redis server of a test's own on loopback, which keeps nothing on disk.
package final class RedisServer: Sendable {
    package let port: Int
    private let options: [String]
    private let process: Mutex<ChildProcess>

    /// Starts it, and waits until it listens.
    ///
    /// - Parameter options: further options of `redis-server`, as in `["--requirepass", "secret"]`.
    package init(_ options: [String] = []) async throws {
        port = try FreePort.find()
        self.options = options
        process = Mutex(try Self.start(port, options))
        try await waitUntilListening()
    }

    package var identifier: Int32 { process.withLock { $0.identifier } }

    /// Ends it at once, as a crash would.
    package func kill() {
        process.withLock { process in
            process.send(signal: SIGKILL)
            process.wait()
        }
    }

    /// Starts it again on its port after `kill`.
    package func restart() async throws {
        try process.withLock { $0 = try Self.start(port, options) }
        try await waitUntilListening()
    }

    /// Stops it from answering, while the kernel still accepts connections for it.
    package func stall() {
        process.withLock { $0.send(signal: SIGSTOP) }
    }

    /// Lets it go on after `stall`.
    package func goOn() {
        process.withLock { $0.send(signal: SIGCONT) }
    }

    private static func start(_ port: Int, _ options: [String]) throws -> ChildProcess {
        try ChildProcess(
            "redis-server", ["--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"] + options)
    }

    private func waitUntilListening() async throws {
        let current = process.withLock { $0 }
        try await current.waitUntilReady { FreePort.isListening(port) }
    }
}
