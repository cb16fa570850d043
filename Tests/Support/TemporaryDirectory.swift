internal import Foundation
internal import Glibc

/// A folder of its own that goes, with all that is in it, when the last reference does.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() throws {
        var template = Array(FileManager.default.temporaryDirectory.appending(path: "switchyard-test-XXXXXX").path.utf8CString)
        guard let made = mkdtemp(&template) else { throw SupportError("no temporary folder: \(String(cString: strerror(errno)))") }
        path = String(cString: made)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file into the folder, over one that is there, and returns its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        try write(Array(text.utf8), to: name)
    }

    /// Writes a file into the folder, over one that is there, and returns its path.
    @discardableResult
    package func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = "\(path)/\(name)"
        guard let stream = fopen(file, "wb") else { throw SupportError("cannot write \(file): \(String(cString: strerror(errno)))") }
        defer { fclose(stream) }
        guard fwrite(bytes, 1, bytes.count, stream) == bytes.count else { throw SupportError("cannot write \(file)") }
        return file
    }

    /// The text of a file of the folder; empty if it is not there.
    package func read(_ name: String) -> String {
        guard let stream = fopen("\(path)/\(name)", "rb") else { return "" }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 { bytes.append(contentsOf: buffer[..<count]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
