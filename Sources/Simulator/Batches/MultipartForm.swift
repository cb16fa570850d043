/// The fields of a body of type `multipart/form-data` (RFC 7578).
struct MultipartForm {
    struct Field {
        let name: String
        let fileName: String?
        let bytes: [UInt8]
    }

    let fields: [Field]

    /// - Parameter contentType: the header's value, which names the boundary.
    /// - Returns: nil if the body is no such form.
    init?(_ body: [UInt8], contentType: String) {
        guard contentType.lowercased().hasPrefix("multipart/form-data"), let boundary = Self.parameter("boundary", of: contentType) else {
            return nil
        }
        let delimiter = Array("--\(boundary)".utf8)
        guard body.starts(with: delimiter) else { return nil }
        var fields: [Field] = []
        var rest = body[delimiter.count...]
        while rest.starts(with: Self.lineBreak) {
            guard let headEnd = rest.firstRange(of: Self.lineBreak + Self.lineBreak),
                let end = rest[headEnd.upperBound...].firstRange(of: Self.lineBreak + delimiter)
            else { return nil }
            let head = String(decoding: rest[..<headEnd.lowerBound], as: UTF8.self)
            guard
                let disposition = head.split(whereSeparator: \.isNewline).first(where: { $0.lowercased().hasPrefix("content-disposition") }
                ),
                let name = Self.parameter("name", of: String(disposition))
            else { return nil }
            let content = Array(rest[headEnd.upperBound..<end.lowerBound])
            fields.append(Field(name: name, fileName: Self.parameter("filename", of: String(disposition)), bytes: content))
            rest = rest[end.upperBound...]
        }
        guard rest.starts(with: Array("--".utf8)) else { return nil }
        self.fields = fields
    }

    subscript(_ name: String) -> Field? { fields.first { $0.name == name } }

    /// The value of a header's parameter, without quotes.
    private static func parameter(_ name: String, of header: String) -> String? {
        for part in header.split(separator: ";").dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].trimmingPrefix(while: \.isWhitespace).lowercased() == name else { continue }
            let value = pair[1].trimmingPrefix { $0 == "\"" || $0.isWhitespace }
            return String(value.prefix { $0 != "\"" })
        }
        return nil
    }

    private static let lineBreak = Array("\r\n".utf8)
}
