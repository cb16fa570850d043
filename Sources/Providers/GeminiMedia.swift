import Envelope

/// An image, a sound or a document in a message: its bytes, or where they are.
struct GeminiMedia {
    private enum Source {
        /// Base64, escaped.
        case inline(UnsafeRawBufferPointer)
        /// Escaped.
        case url(UnsafeRawBufferPointer)
    }

    private let source: Source
    /// The MIME type; nil leaves it to Gemini to find out.
    private let type: String?

    /// - Throws: ``ProviderError`` if it is of a type that Gemini has not, or incomplete.
    init(_ part: GeminiPart, of type: JSONView) throws(ProviderError) {
        if type.isString("image_url") {
            guard let url = part.value?["url"]?.escaped else { throw Self.untranslatable("an image_url part has no url") }
            self = try Self.at(url)
        } else if type.isString("input_audio") {
            self = try Self.audio(part.value)
        } else if type.isString("file") {
            self = try Self.file(part.value)
        } else {
            throw .unsupported(GeminiFormat.provider, "content part of type \(GeminiFormat.quoted(type))")
        }
    }

    private init(_ source: Source, type: String?) {
        self.source = source
        self.type = type
    }

    /// Writes the member that a part has for it.
    func write(into writer: inout ByteWriter) {
        switch source {
        case .inline(let data):
            writer.append("\"inlineData\":{\"data\":\"")
            writer.append(data)
        case .url(let url):
            writer.append("\"fileData\":{\"file_uri\":\"")
            writer.append(url)
        }
        writer.append("\"")
        if let type {
            writer.append(",\"mime_type\":")
            writer.appendJSON(type)
        }
        writer.append("}")
    }

    // MARK: Parts

    private static func audio(_ audio: JSONView?) throws(ProviderError) -> GeminiMedia {
        guard let format = audio?["format"]?.string, (1...16).contains(format.utf8.count) else {
            throw untranslatable("an input_audio part has no format such as wav or mp3")
        }
        if let data = audio?["data"]?.escaped { return GeminiMedia(.inline(data), type: "audio/\(format)") }
        if let url = audio?["url"]?.escaped { return GeminiMedia(.url(url), type: "audio/\(format)") }
        throw untranslatable("an input_audio part has neither data nor url")
    }

    private static func file(_ file: JSONView?) throws(ProviderError) -> GeminiMedia {
        if let data = file?["file_data"]?.escaped {
            guard DataURL.isOne(data) else {
                throw untranslatable("file_data is no data URL such as data:application/pdf;base64,…")
            }
            return try at(data)
        }
        if let url = file?["file_url"]?.escaped { return try at(url) }
        if let id = file?["file_id"]?.escaped {
            guard id.starts(with: "https:".utf8) else {
                throw untranslatable("file_id is not the uri that Gemini gives to a file, https://…/v1beta/files/…")
            }
            return GeminiMedia(.url(id), type: nil)
        }
        throw untranslatable("a file part has neither file_data nor file_url nor file_id")
    }

    /// What is at a URL, or in a data URL.
    private static func at(_ url: UnsafeRawBufferPointer) throws(ProviderError) -> GeminiMedia {
        guard DataURL.isOne(url) else { return GeminiMedia(.url(url), type: GeminiMediaType.guess(url)) }
        guard let content = DataURL(url) else { throw untranslatable("a data URL is not as data:image/png;base64,…") }
        return GeminiMedia(.inline(content.data), type: content.mediaType)
    }

    private static func untranslatable(_ what: String) -> ProviderError {
        .untranslatable(GeminiFormat.provider, what)
    }
}

/// MIME types by the endings of files.
enum GeminiMediaType {
    private static let types: [(ending: String, type: String)] = [
        ("png", "image/png"), ("jpg", "image/jpeg"), ("jpeg", "image/jpeg"), ("webp", "image/webp"), ("gif", "image/gif"),
        ("heic", "image/heic"), ("heif", "image/heif"), ("bmp", "image/bmp"), ("avif", "image/avif"),
        ("pdf", "application/pdf"), ("txt", "text/plain"), ("html", "text/html"), ("htm", "text/html"), ("css", "text/css"),
        ("csv", "text/csv"), ("md", "text/markdown"), ("xml", "text/xml"), ("json", "application/json"), ("js", "text/javascript"),
        ("mp3", "audio/mpeg"), ("wav", "audio/wav"), ("aac", "audio/aac"), ("ogg", "audio/ogg"), ("flac", "audio/flac"),
        ("aiff", "audio/aiff"), ("m4a", "audio/mp4"), ("mp4", "video/mp4"), ("mov", "video/quicktime"), ("mpeg", "video/mpeg"),
        ("mpg", "video/mpeg"), ("avi", "video/x-msvideo"), ("webm", "video/webm"), ("wmv", "video/x-ms-wmv"), ("3gp", "video/3gpp"),
    ]

    private static let longestEnding = 5

    /// The type of what a URL names, by its ending; nil if that tells nothing.
    static func guess(_ url: UnsafeRawBufferPointer) -> String? {
        let path = url.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        guard let dot = path.suffix(longestEnding + 1).lastIndex(of: UInt8(ascii: ".")) else { return nil }
        let ending = path[(dot + 1)...].map { $0 | 0x20 }
        return types.first { ending.elementsEqual($0.ending.utf8) }?.type
    }
}
