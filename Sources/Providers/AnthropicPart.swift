import Envelope

/// A part of a message's content, which becomes a block of Anthropic's.
///
/// https://platform.claude.com/docs/en/build-with-claude/vision, https://platform.claude.com/docs/en/build-with-claude/pdf-support
struct AnthropicPart {
    private var type: JSONView?
    private var text: JSONView?
    private var image: JSONView?
    private var file: JSONView?
    private var mark: JSONView?

    /// Finds the part's members in one look: it may be long.
    init(_ part: JSONView) {
        part.forEachMember { key, value in
            if value.kind == .null { return }
            if key.isNamed("type") {
                type = value
            } else if key.isNamed("text") || key.isNamed("refusal") {
                text = value
            } else if key.isNamed("image_url") {
                image = value
            } else if key.isNamed("file") {
                file = value
            } else if key.isNamed("cache_control") {
                mark = value
            }
        }
    }

    /// - Parameter outer: the cache mark that the part has if it has none of its own.
    func write(mark outer: JSONView?, into writer: inout ByteWriter) throws(ProviderError) {
        guard let type, type.kind == .string else { throw AnthropicFormat.untranslatable("a content part has no type") }
        let mark = mark ?? outer
        if type.isString("text") || type.isString("refusal") {
            guard let text, text.kind == .string else { throw AnthropicFormat.untranslatable("a text part has no text") }
            Self.write(text: text, mark: mark, into: &writer)
        } else if type.isString("image_url") {
            try writeImage(mark: mark, into: &writer)
        } else if type.isString("file") {
            try writeFile(mark: mark, into: &writer)
        } else {
            throw AnthropicFormat.unsupported("content parts of type \(type.excerpt)", "give text, image_url or file")
        }
    }

    static func write(text: JSONView, mark: JSONView?, into writer: inout ByteWriter) {
        writer.append("{\"type\":\"text\",\"text\":")
        writer.append(text.json)
        writer.appendCacheControl(mark)
        writer.append("}")
    }

    // MARK: Images and files

    private func writeImage(mark: JSONView?, into writer: inout ByteWriter) throws(ProviderError) {
        guard let url = image?["url"]?.escaped else { throw AnthropicFormat.untranslatable("an image_url part has no url") }
        writer.append("{\"type\":\"image\",\"source\":")
        if DataURL.isOne(url) {
            guard let data = DataURL(url) else {
                throw AnthropicFormat.untranslatable("an image's data: URL has no media type or no base64")
            }
            Self.write(base64: data, into: &writer)
        } else {
            Self.write(source: "url", "url", url, into: &writer)
        }
        writer.appendCacheControl(mark)
        writer.append("}")
    }

    private func writeFile(mark: JSONView?, into writer: inout ByteWriter) throws(ProviderError) {
        var (data, url, id, name): (JSONView?, JSONView?, JSONView?, JSONView?)
        file?.forEachMember { key, value in
            guard value.kind == .string else { return }
            if key.isNamed("file_data") {
                data = value
            } else if key.isNamed("file_url") {
                url = value
            } else if key.isNamed("file_id") {
                id = value
            } else if key.isNamed("filename") {
                name = value
            }
        }
        if let data = data?.escaped {
            guard let data = DataURL(data) else {
                throw AnthropicFormat.untranslatable("a file's file_data must be a data: URL with a media type and base64")
            }
            if data.mediaType.hasPrefix("image/") {
                writer.append("{\"type\":\"image\",\"source\":")
                Self.write(base64: data, into: &writer)
                name = nil
            } else {
                writer.append("{\"type\":\"document\",\"source\":")
                try Self.write(document: data, into: &writer)
            }
        } else if let url = url?.escaped {
            writer.append("{\"type\":\"document\",\"source\":")
            Self.write(source: "url", "url", url, into: &writer)
        } else if let id = id?.escaped {
            writer.append("{\"type\":\"document\",\"source\":")
            Self.write(source: "file", "file_id", id, into: &writer)
        } else {
            throw AnthropicFormat.untranslatable("a file part has no file_data, file_url or file_id")
        }
        if let name {
            writer.append(",\"title\":")
            writer.append(name.json)
        }
        writer.appendCacheControl(mark)
        writer.append("}")
    }

    // MARK: Sources

    private static func write(document data: DataURL, into writer: inout ByteWriter) throws(ProviderError) {
        if data.mediaType == "application/pdf" { return write(base64: data, into: &writer) }
        guard data.mediaType.hasPrefix("text/") else {
            throw AnthropicFormat.unsupported("files of type \"\(data.mediaType)\"", "give a PDF, a text or an image")
        }
        guard let text = data.text else { throw AnthropicFormat.untranslatable("a file of type \(data.mediaType) is not base64 of UTF-8") }
        writer.append("{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":")
        writer.appendJSON(text)
        writer.append("}")
    }

    private static func write(base64 data: DataURL, into writer: inout ByteWriter) {
        writer.append("{\"type\":\"base64\",\"media_type\":")
        writer.appendJSON(data.mediaType)
        writer.append(",\"data\":\"")
        writer.append(data.data)
        writer.append("\"}")
    }

    /// - Parameter value: escaped.
    private static func write(
        source type: StaticString, _ name: StaticString, _ value: UnsafeRawBufferPointer, into writer: inout ByteWriter
    ) {
        writer.append("{\"type\":\"")
        writer.append(type)
        writer.append("\",\"")
        writer.append(name)
        writer.append("\":\"")
        writer.append(value)
        writer.append("\"}")
    }
}
