import Envelope

/// Writes messages as `contents`, and sets apart what belongs into `systemInstruction`.
/// https://ai.google.dev/api/caching#Content
struct GeminiContentWriter {
    /// The texts of the system's messages.
    private(set) var system: [JSONView] = []

    /// The names of the functions called so far, by the calls' ids.
    private var functions: [String: JSONView] = [:]
    private var role: StaticString = "user"
    private var answersTools = false
    private var partCount = 0
    private var contentCount = 0

    /// Writes the elements of `contents`.
    mutating func write(_ messages: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        try messages.forEachElement { (element: JSONView) throws(ProviderError) in
            try write(GeminiMessage(element), into: &writer)
        }
        close(into: &writer)
        guard contentCount > 0 else { throw untranslatable("it has no message beside the system's") }
    }

    private mutating func write(_ message: GeminiMessage, into writer: inout ByteWriter) throws(ProviderError) {
        guard let role = message.role else { throw untranslatable("a message has no role") }
        if role.isString("system") || role.isString("developer") {
            try addSystem(message.content)
        } else if role.isString("user") {
            begin("user", into: &writer)
            try writeContent(message.content, into: &writer)
            guard partCount > 0 else { throw untranslatable("a user message has no content") }
        } else if role.isString("assistant") {
            begin("model", into: &writer)
            try writeAssistant(message, into: &writer)
        } else if role.isString("tool") {
            // The results of parallel calls belong into one content.
            if !answersTools { begin("user", into: &writer) }
            answersTools = true
            try writeToolResult(message, into: &writer)
        } else {
            throw .unsupported(GeminiFormat.provider, "role \(GeminiFormat.quoted(role))", "give another one")
        }
    }

    private mutating func addSystem(_ content: JSONView?) throws(ProviderError) {
        guard let content else { return }
        if content.kind == .string { return system.append(content) }
        try content.forEachElement { (part: JSONView) throws(ProviderError) in
            guard part["type"]?.isString("text") == true, let text = part["text"], text.kind == .string else {
                throw untranslatable("a system message has a part that is no text")
            }
            system.append(text)
        }
    }

    // MARK: Contents

    /// Begins a content, which is written with its first part.
    private mutating func begin(_ role: StaticString, into writer: inout ByteWriter) {
        close(into: &writer)
        self.role = role
    }

    private mutating func close(into writer: inout ByteWriter) {
        if partCount > 0 { writer.append("]}") }
        partCount = 0
        answersTools = false
    }

    private mutating func beginPart(_ start: StaticString, into writer: inout ByteWriter) {
        if partCount == 0 {
            writer.append(contentCount == 0 ? "{\"role\":\"" : ",{\"role\":\"")
            writer.append(role)
            writer.append("\",\"parts\":[")
            contentCount += 1
        } else {
            writer.append(",")
        }
        partCount += 1
        writer.append(start)
    }

    private mutating func writeText(_ text: JSONView, into writer: inout ByteWriter) {
        beginPart("{\"text\":", into: &writer)
        writer.append(text.json)
        writer.append("}")
    }

    /// Writes a message's text or parts.
    private mutating func writeContent(_ content: JSONView?, into writer: inout ByteWriter) throws(ProviderError) {
        guard let content else { return }
        if content.kind == .string { return writeText(content, into: &writer) }
        try content.forEachElement { (element: JSONView) throws(ProviderError) in
            let part = GeminiPart(element)
            guard let type = part.type, type.kind == .string else { throw untranslatable("a content part has no type") }
            if type.isString("text") || type.isString("refusal") {
                guard let text = part.value, text.kind == .string else { throw untranslatable("a text part has no text") }
                writeText(text, into: &writer)
            } else {
                let media = try GeminiMedia(part, of: type)
                beginPart("{", into: &writer)
                media.write(into: &writer)
                writer.append("}")
            }
        }
    }

    private mutating func writeAssistant(_ message: GeminiMessage, into writer: inout ByteWriter) throws(ProviderError) {
        if let calls = message.toolCalls, calls.kind != .array { throw untranslatable("tool_calls is not an array") }
        let callsTools = message.toolCalls.map { !$0.isEmpty } ?? false
        if let content = message.content, !(callsTools && content.isEmpty) { try writeContent(content, into: &writer) }
        if partCount == 0, let refusal = message.refusal, refusal.kind == .string { writeText(refusal, into: &writer) }
        try message.toolCalls?.forEachElement { (call: JSONView) throws(ProviderError) in try writeToolCall(call, into: &writer) }
    }

    // MARK: Tools

    private mutating func writeToolCall(_ call: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        guard let function = call["function"], let name = function["name"], name.kind == .string else {
            throw untranslatable("a tool call has no function with a name")
        }
        beginPart("{\"functionCall\":{", into: &writer)
        if let id = call["id"], let key = id.string {
            functions[key] = name
            writer.append("\"id\":")
            writer.append(id.json)
            writer.append(",")
        }
        writer.append("\"name\":")
        writer.append(name.json)
        writer.append(",\"args\":")
        let arguments = function["arguments"]
        if let object = arguments.flatMap(Self.object) {
            writer.append(text: object)
        } else if arguments?.isEmpty ?? true {
            writer.append("{}")
        } else {
            throw untranslatable("the arguments of a tool call are no JSON object")
        }
        writer.append("}")
        if let signature = call["extra_content"]?["google"]?["thought_signature"], signature.kind == .string {
            writer.append(",\"thoughtSignature\":")
            writer.append(signature.json)
        }
        writer.append("}")
    }

    private mutating func writeToolResult(_ message: GeminiMessage, into writer: inout ByteWriter) throws(ProviderError) {
        guard let id = message.toolCallID, let key = id.string, let name = functions[key] else {
            throw untranslatable("a tool message answers no tool call of a message before it")
        }
        let texts = try Self.texts(message.content)
        beginPart("{\"functionResponse\":{\"id\":", into: &writer)
        writer.append(id.json)
        writer.append(",\"name\":")
        writer.append(name.json)
        writer.append(",\"response\":")
        if texts.count == 1, let object = Self.object(in: texts[0]) {
            writer.append(text: object)
        } else {
            writer.append("{\"output\":\"")
            for text in texts { if let escaped = text.escaped { writer.append(escaped) } }
            writer.append("\"}")
        }
        writer.append("}}")
    }

    private static func texts(_ content: JSONView?) throws(ProviderError) -> [JSONView] {
        guard let content else { return [] }
        if content.kind == .string { return [content] }
        var texts: [JSONView] = []
        try content.forEachElement { (part: JSONView) throws(ProviderError) in
            guard part["type"]?.isString("text") == true, let text = part["text"], text.kind == .string else {
                throw .unsupported(GeminiFormat.provider, "tool results but texts", "put other parts into a user message")
            }
            texts.append(text)
        }
        return texts
    }

    /// The JSON object that is the text of a string; nil if it is none.
    private static func object(in string: JSONView) -> String? {
        guard let first = string.escaped?.first(where: { $0 != UInt8(ascii: " ") }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "\\"), var text = string.string
        else { return nil }
        let isObject = text.withUTF8 { (try? JSONView(parsing: UnsafeRawBufferPointer($0)))?.kind == .object }
        return isObject ? text : nil
    }

    private func untranslatable(_ what: String) -> ProviderError {
        .untranslatable(GeminiFormat.provider, what)
    }
}

/// The members of a message that count, found in one look at it: it may hold megabytes.
struct GeminiMessage {
    private(set) var role: JSONView?
    private(set) var content: JSONView?
    private(set) var refusal: JSONView?
    private(set) var toolCalls: JSONView?
    private(set) var toolCallID: JSONView?

    init(_ message: JSONView) {
        message.forEachMember { key, value in
            if value.kind == .null { return }
            if key.isNamed("role") {
                role = value
            } else if key.isNamed("content") {
                content = value
            } else if key.isNamed("refusal") {
                refusal = value
            } else if key.isNamed("tool_calls") {
                toolCalls = value
            } else if key.isNamed("tool_call_id") {
                toolCallID = value
            }
        }
    }
}

/// The members of a content part that count, found in one look at it.
struct GeminiPart {
    private(set) var type: JSONView?
    /// What the part holds, under whichever name.
    private(set) var value: JSONView?

    init(_ part: JSONView) {
        part.forEachMember { key, value in
            if value.kind == .null { return }
            if key.isNamed("type") {
                type = value
            } else if key.isNamed("text") || key.isNamed("refusal") || key.isNamed("image_url") || key.isNamed("input_audio")
                || key.isNamed("file")
            {
                self.value = value
            }
        }
    }
}
