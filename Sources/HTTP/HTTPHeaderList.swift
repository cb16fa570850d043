internal import CCurl
internal import Glibc

/// Request headers in the form that libcurl sends: built once for a deployment and used by all its requests, on any loop.
///
/// A list never changes. `adding` makes a longer one that shares the shorter one's memory, so a header of one request costs no
/// copy of the deployment's.
package final class HTTPHeaderList: Sendable {
    // Allocated by init, never written again, freed by deinit.
    nonisolated(unsafe) let head: UnsafeMutablePointer<curl_slist>
    private let ownCount: Int
    private let rest: HTTPHeaderList?

    /// Whether `adding` made it, which means that it is probably one request's.
    var isExtended: Bool { rest != nil }

    /// Beside `fields`, the list holds what every request needs: the encodings that the client can undo, and the user agent.
    ///
    /// - Throws: `HTTPInputError` if a name or value holds what no header may, such as a line break.
    package convenience init(
        _ fields: [(name: String, value: String)] = [], userAgent: String = "switchyard"
    ) throws(HTTPInputError) {
        var lines = [
            // Otherwise libcurl asks for leave before it sends a large body, and waits a second for servers that do not answer.
            "Expect:",
            // libcurl would add these two itself, but it puts a header together letter by letter, and its own ones twice.
            "Accept-Encoding: gzip, br, zstd",
            try Self.line("User-Agent", userAgent),
        ]
        for field in fields {
            lines.append(try Self.line(field.name, field.value))
        }
        self.init(lines: lines, rest: nil)
    }

    private init(lines: [String], rest: HTTPHeaderList?) {
        var next = rest?.head
        for line in lines.reversed() {
            let node = UnsafeMutablePointer<curl_slist>.allocate(capacity: 1)
            node.initialize(to: curl_slist(data: strdup(line), next: next))
            next = node
        }
        guard let next else { preconditionFailure("a header list has at least one line") }
        head = next
        ownCount = lines.count
        self.rest = rest
    }

    deinit {
        var node: UnsafeMutablePointer<curl_slist>? = head
        for _ in 0..<ownCount {
            guard let current = node else { break }
            node = current.pointee.next
            free(current.pointee.data)
            current.deallocate()
        }
    }

    /// This list with one header more. Not for a name that the list has already.
    ///
    /// - Throws: `HTTPInputError` if the name or value holds what no header may.
    package func adding(_ name: String, _ value: String) throws(HTTPInputError) -> HTTPHeaderList {
        HTTPHeaderList(lines: [try Self.line(name, value)], rest: self)
    }

    /// This list with another value for a name, whose case does not matter.
    ///
    /// - Throws: `HTTPInputError` if the name or value holds what no header may.
    package func replacing(_ name: String, _ value: String) throws(HTTPInputError) -> HTTPHeaderList {
        var lines = [try Self.line(name, value)]
        var node: UnsafeMutablePointer<curl_slist>? = head
        while let current = node {
            let line = String(cString: current.pointee.data)
            if line.prefix(while: { $0 != ":" && $0 != ";" }).lowercased() != name.lowercased() { lines.append(line) }
            node = current.pointee.next
        }
        return HTTPHeaderList(lines: lines, rest: nil)
    }

    /// libcurl's notation: `Name: value`, or `Name;` for an empty value, since `Name:` would mean not to send it.
    private static func line(_ name: String, _ value: String) throws(HTTPInputError) -> String {
        guard !name.isEmpty, name.utf8.allSatisfy(isNameByte) else {
            throw HTTPInputError(description: "a header name is empty or holds a character that no header name may")
        }
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
            throw HTTPInputError(description: "the value of the header \(name) holds a line break or another control character; remove it")
        }
        let isBlank = value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
        return isBlank ? "\(name);" : "\(name): \(value)"
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
