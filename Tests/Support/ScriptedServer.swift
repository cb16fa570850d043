internal import Foundation
internal import Glibc
internal import Synchronization

/// A TCP server on loopback whose every connection runs a script on a thread of its own: for servers that misbehave.
package final class ScriptedServer: Sendable {
    /// One accepted connection. Used by its script only.
    package struct Connection {
        let descriptor: Int32

        /// Reads one HTTP request, with the body that its content length announces.
        ///
        /// - Returns: its text, or nil if the client has closed the connection instead.
        package func readRequest() -> String? {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                if Self.isComplete(bytes) { return String(decoding: bytes, as: UTF8.self) }
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { return nil }
                bytes.append(contentsOf: buffer[..<count])
            }
        }

        /// Sends all of it. Returns false if the client is gone.
        @discardableResult
        package func write(_ text: String) -> Bool {
            write(Array(text.utf8))
        }

        /// Sends all of it. Returns false if the client is gone.
        @discardableResult
        package func write(_ bytes: [UInt8]) -> Bool {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }

        /// Waits until the client closes the connection.
        package func waitForEnd() {
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) > 0 {}
        }

        private static func isComplete(_ bytes: [UInt8]) -> Bool {
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { return false }
            let head = text[..<end.lowerBound].lowercased()
            let length = head.range(of: "content-length:").flatMap { name in
                Int(head[name.upperBound...].prefix { $0 != "\r\n" }.filter { $0 != " " })
            }
            return text[end.upperBound...].utf8.count >= length ?? 0
        }
    }

    private struct State {
        var open: Set<Int32> = []
        var accepted = 0
        var ended = 0
        var isStopped = false
    }

    private final class Shared: Sendable {
        let state = Mutex(State())
        let script: @Sendable (Connection) -> Void

        init(_ script: @escaping @Sendable (Connection) -> Void) {
            self.script = script
        }
    }

    package let port: Int
    private let listener: Int32
    private let shared: Shared

    /// Starts to accept connections.
    ///
    /// - Parameter script: runs for each connection, which is closed when it returns. It may block.
    package init(_ script: @escaping @Sendable (Connection) -> Void) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = LoopbackAddress.make(port: 0)
        guard listener >= 0, LoopbackAddress.bind(listener, &address), listen(listener, 128) == 0,
            let port = LoopbackAddress.port(of: listener)
        else { throw SupportError("cannot listen: \(String(cString: strerror(errno)))") }
        self.port = port
        shared = Shared(script)
        let (shared, listener) = (shared, listener)
        Self.detach { Self.accept(listener, shared) }
    }

    deinit {
        shared.state.withLock { state in
            state.isStopped = true
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Connections accepted so far.
    package var accepted: Int { shared.state.withLock { $0.accepted } }
    /// Connections whose script has returned.
    package var ended: Int { shared.state.withLock { $0.ended } }

    package var url: String { "http://127.0.0.1:\(port)/" }

    private static func accept(_ listener: Int32, _ shared: Shared) {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            let isStopped = shared.state.withLock { state in
                state.accepted += 1
                if !state.isStopped { state.open.insert(descriptor) }
                return state.isStopped
            }
            if isStopped {
                close(descriptor)
                continue
            }
            detach {
                shared.script(Connection(descriptor: descriptor))
                shared.state.withLock { state in
                    state.open.remove(descriptor)
                    state.ended += 1
                    close(descriptor)
                }
            }
        }
        close(listener)
    }

    private static func detach(_ body: @escaping @Sendable () -> Void) {
        final class Work: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Work(body)).toOpaque()
        let result = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
                return nil
            }, context)
        precondition(result == 0, "pthread_create failed")
        pthread_detach(thread)
    }
}
