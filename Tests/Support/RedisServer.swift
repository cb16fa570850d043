internal import Glibc
internal import Synchronization

/// A Redis server of a test's own on loopback, which keeps nothing on disk.
package final class RedisServer: Sendable {
    package let port: Int
    private let arguments: [String]
    private let process: Mutex<ChildProcess>

    /// Starts it, and waits until it listens.
    ///
    /// - Parameter options: further options of `redis-server`, as in `["--requirepass", "secret"]`.
    package convenience init(_ options: [String] = []) async throws {
        let port = try FreePort.find()
        try await self.init(port: port, ["--port", "\(port)"] + Self.keepingNothing + options)
    }

    /// One that speaks TLS only.
    package convenience init(tls options: [String]) async throws {
        let port = try FreePort.find()
        try await self.init(port: port, ["--port", "0", "--tls-port", "\(port)"] + Self.keepingNothing + options)
    }

    /// A sentinel.
    ///
    /// - Parameter file: its configuration, which it writes to.
    package convenience init(sentinel file: String) async throws {
        let port = try FreePort.find()
        try await self.init(port: port, [file, "--sentinel", "--port", "\(port)", "--bind", "127.0.0.1"])
    }

    private static let keepingNothing = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]

    private init(port: Int, _ arguments: [String]) async throws {
        self.port = port
        self.arguments = arguments
        process = Mutex(try ChildProcess("redis-server", arguments))
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
        try process.withLock { $0 = try ChildProcess("redis-server", arguments) }
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

    private func waitUntilListening() async throws {
        let current = process.withLock { $0 }
        try await current.waitUntilReady { FreePort.isListening(port) }
    }
}
