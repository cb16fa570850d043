/// Where a response is kept that was too large for its topic.
package struct ClaimCheck: Hashable, Sendable {
    /// The file's URL.
    package let url: String
    package let bytes: Int
    /// Of the file, in hexadecimal.
    package let sha256: String

    package init(url: String, bytes: Int, sha256: String) {
        self.url = url
        self.bytes = bytes
        self.sha256 = sha256
    }

    /// Appends it as a JSON object.
    func write(into writer: inout ByteWriter) {
        writer.append("{\"url\":")
        writer.appendJSON(url)
        writer.append(",\"bytes\":")
        writer.append(bytes)
        writer.append(",\"sha256\":")
        writer.appendJSON(sha256)
        writer.append("}")
    }
}
