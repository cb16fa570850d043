internal import Glibc

/// Reads whole small files.
enum FileText {
    /// - Throws: a complaint with the system's reason.
    static func read(_ path: String) throws(Complaint) -> String {
        guard let stream = fopen(path, "rb") else { throw Complaint(String(cString: strerror(errno))) }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 { bytes.append(contentsOf: buffer[..<count]) }
        if ferror(stream) != 0 { throw Complaint(String(cString: strerror(errno))) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Complaint("it is not UTF-8 text") }
        return text
    }
}
