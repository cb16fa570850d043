import Foundation
import Glibc
import TestSupport

/// A connection to the simulator that shows what was sent, byte for byte. Blocks; closed with its last reference.
final class HTTPConnection {
    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: String

        /// The body as a JSON object; empty if it is none.
        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
        }

        /// The data of the body's server-sent events.
        var events: [String] {
            body.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }
        }
    }

    private let descriptor: Int32
    private var received: [UInt8] = []

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 else { throw SupportError("cannot connect: \(String(cString: strerror(errno)))") }
    }

    deinit {
        close(descriptor)
    }

    func call(_ method: String, _ path: String, _ body: String = "", headers: [String] = []) throws -> Answer? {
        send(Self.text(method, path, body, headers: headers))
        return try readAnswer()
    }

    static func text(_ method: String, _ path: String, _ body: String = "", headers: [String] = []) -> String {
        let lines = ["\(method) \(path) HTTP/1.1", "host: localhost", "content-length: \(body.utf8.count)"] + headers
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    func send(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads an answer; nil if the connection is closed instead.
    func readAnswer() throws -> Answer? {
        guard let head = readLine(endingWith: "\r\n\r\n") else { return nil }
        let lines = head.components(separatedBy: "\r\n")
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        if status == 100 { return Answer(status: status, headers: headers, body: "") }
        let body = headers["transfer-encoding"] == "chunked" ? readChunks() : readBytes(Int(headers["content-length"] ?? "") ?? 0)
        guard let body else { throw SupportError("the connection was closed within an answer") }
        return Answer(status: status, headers: headers, body: String(decoding: body, as: UTF8.self))
    }

    /// Waits until something comes, or the connection is closed (false).
    func hasReceived() -> Bool { receive() }

    private func readChunks() -> [UInt8]? {
        var body: [UInt8] = []
        while let line = readLine(endingWith: "\r\n"), let count = Int(line, radix: 16), let chunk = readBytes(count + 2) {
            if count == 0 { return body }
            body += chunk.dropLast(2)
        }
        return nil
    }

    private func readLine(endingWith end: String) -> String? {
        while true {
            if let found = received.firstRange(of: Array(end.utf8)) {
                let line = String(decoding: received[..<found.lowerBound], as: UTF8.self)
                received.removeSubrange(..<found.upperBound)
                return line
            }
            guard receive() else { return nil }
        }
    }

    private func readBytes(_ count: Int) -> [UInt8]? {
        while received.count < count { guard receive() else { return nil } }
        defer { received.removeFirst(count) }
        return Array(received.prefix(count))
    }

    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        received += buffer[..<count]
        return true
    }
}
