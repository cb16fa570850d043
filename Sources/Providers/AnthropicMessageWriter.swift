import Envelope

/// Writes the messages of a request as Anthropic's turns of content blocks.
struct AnthropicMessageWriter {
    /// What is said to the model before the conversation, wherever it stood.
    private var system: [Message] = []

    var hasSystem: Bool { !system.isEmpty }

    /// Writes all turns but those of the system, which are kept. Results of tools that follow one another make one turn.
    mutating func writeMessages(_ messages: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        var count = 0
        var isAmongResults = false
        writer.append("[")
        try messages.forEachElement { (element: JSONView) throws(ProviderError) in
            let message = Message(element)
            guard let role = message.role else { throw AnthropicFormat.untranslatable("a message has no role") }
            if role.isString("system") || role.isString("developer") {
                if message.content?.isEmpty == false { system.append(message) }
                return
            }
            let isResult = role.isString("tool")
            if isAmongResults && !isResult { writer.append("]}") }
            if count > 0 { writer.append(",") }
            if isResult {
                if !isAmongResults { writer.append("{\"role\":\"user\",\"content\":[") }
                try write(result: message, into: &writer)
            } else if role.isString("user") {
                try write(user: message, into: &writer)
            } else if role.isString("assistant") {
                try write(assistant: message, into: &writer)
            } else {
                throw AnthropicFormat.unsupported("role \(role.excerpt)", "give system, developer, user, assistant or tool")
            }
            isAmongResults = isResult
            count += 1
        }
        writer.append(isAmongResults ? "]}]" : "]")
    }

    /// Writes what the system says: as a string where it is one plain text.
    func writeSystem(into writer: inout ByteWriter) throws(ProviderError) {
        if system.count == 1, let content = system[0].content, content.kind == .string, system[0].mark == nil {
            return writer.append(content.json)
        }
        var blocks = 0
        for message in system {
            try writeContent(message, mark: message.mark, after: &blocks, into: &writer)
        }
        writer.append("]")
    }

    // MARK: Turns

    private func write(user message: Message, into writer: inout ByteWriter) throws(ProviderError) {
        guard let content = message.content else { throw AnthropicFormat.untranslatable("a user's message has no content") }
        writer.append("{\"role\":\"user\",\"content\":")
        try write(content, of: message, into: &writer)
        writer.append("}")
    }

    private func write(assistant message: Message, into writer: inout ByteWriter) throws(ProviderError) {
        writer.append("{\"role\":\"assistant\",\"content\":")
        let calls = try Self.elements(message.toolCalls, "tool_calls")
        let thoughts = try Self.elements(message.thinkingBlocks, "thinking_blocks")
        if calls == nil && thoughts == nil, let content = message.content ?? message.refusal {
            try write(content, of: message, into: &writer)
            return writer.append("}")
        }
        var blocks = 0
        try thoughts?.forEachElement { (block: JSONView) throws(ProviderError) in
            guard block.kind == .object else {
                throw AnthropicFormat.untranslatable("an element of thinking_blocks is \(block.kind.description)")
            }
            Self.separate(&blocks, &writer)
            writer.append(block.json)
        }
        try writeContent(message, mark: calls == nil ? message.mark : nil, after: &blocks, into: &writer)
        var left = calls?.elementCount ?? 0
        try calls?.forEachElement { (call: JSONView) throws(ProviderError) in
            left -= 1
            Self.separate(&blocks, &writer)
            try write(call: call, mark: left == 0 ? message.mark : nil, into: &writer)
        }
        guard blocks > 0 else { throw AnthropicFormat.untranslatable("an assistant's message has nothing in it") }
        writer.append("]}")
    }

    private func write(result message: Message, into writer: inout ByteWriter) throws(ProviderError) {
        guard let id = message.toolCallID, id.kind == .string else {
            throw AnthropicFormat.untranslatable("a tool's message has no tool_call_id")
        }
        writer.append("{\"type\":\"tool_result\",\"tool_use_id\":")
        writer.append(id.json)
        if let content = message.content {
            writer.append(",\"content\":")
            try write(content, of: nil, into: &writer)
        }
        writer.appendCacheControl(message.mark)
        writer.append("}")
    }

    private func write(call: JSONView, mark: JSONView?, into writer: inout ByteWriter) throws(ProviderError) {
        if let type = call["type"], !type.isString("function") {
            throw AnthropicFormat.unsupported("tool calls of type \(type.excerpt)")
        }
        guard let id = call["id"], id.kind == .string, let function = call["function"], let name = function["name"], name.kind == .string
        else { throw AnthropicFormat.untranslatable("a tool call has no id or no function with a name") }
        writer.append("{\"type\":\"tool_use\",\"id\":")
        writer.append(id.json)
        writer.append(",\"name\":")
        writer.append(name.json)
        writer.append(",\"input\":")
        try write(arguments: function["arguments"], into: &writer)
        writer.appendCacheControl(call["cache_control"] ?? mark)
        writer.append("}")
    }

    /// Writes the JSON object that a string has in it.
    private func write(arguments: JSONView?, into writer: inout ByteWriter) throws(ProviderError) {
        guard let arguments, !arguments.isString("") else { return writer.append("{}") }
        var text = arguments.string ?? ""
        let isObject = text.withUTF8 { utf8 in
            guard let object = try? JSONView(parsing: UnsafeRawBufferPointer(utf8)), object.kind == .object else { return false }
            writer.append(object.json)
            return true
        }
        guard isObject else {
            throw AnthropicFormat.untranslatable("the arguments of a tool call are not a string with a JSON object in it")
        }
    }

    // MARK: Content

    /// Writes a turn's content: a string if it is one and has no mark.
    private func write(_ content: JSONView, of message: Message?, into writer: inout ByteWriter) throws(ProviderError) {
        if content.kind == .string && message?.mark == nil { return writer.append(content.json) }
        if content.isEmpty { return writer.append("[]") }
        var blocks = 0
        try writeBlocks(content, mark: message?.mark, after: &blocks, into: &writer)
        writer.append("]")
    }

    /// Writes a message's content as blocks, if it has any: empty texts are refused by the API.
    private func writeContent(_ message: Message, mark: JSONView?, after blocks: inout Int, into writer: inout ByteWriter)
        throws(ProviderError)
    {
        guard let content = message.content ?? message.refusal, !content.isEmpty else { return }
        try writeBlocks(content, mark: mark, after: &blocks, into: &writer)
    }

    /// - Parameters:
    ///   - mark: the message's cache mark, which goes to the last block.
    ///   - blocks: how many blocks have been written; the first opens the array.
    private func writeBlocks(_ content: JSONView, mark: JSONView?, after blocks: inout Int, into writer: inout ByteWriter)
        throws(ProviderError)
    {
        if content.kind == .string {
            Self.separate(&blocks, &writer)
            return AnthropicPart.write(text: content, mark: mark, into: &writer)
        }
        var left = mark == nil ? 0 : content.elementCount
        try content.forEachElement { (element: JSONView) throws(ProviderError) in
            left -= 1
            Self.separate(&blocks, &writer)
            try AnthropicPart(element).write(mark: left == 0 ? mark : nil, into: &writer)
        }
    }

    /// An array that has something in it; nil if there is none.
    private static func elements(_ array: JSONView?, _ name: StaticString) throws(ProviderError) -> JSONView? {
        guard let array, !array.isEmpty else { return nil }
        guard array.kind == .array else { throw AnthropicFormat.untranslatable("\(name) is \(array.kind.description)") }
        return array
    }

    private static func separate(_ blocks: inout Int, _ writer: inout ByteWriter) {
        writer.append(blocks == 0 ? "[" : ",")
        blocks += 1
    }
}

/// The members of a message, found in one look: a message may be long.
private struct Message {
    var role: JSONView?
    var content: JSONView?
    var refusal: JSONView?
    var toolCalls: JSONView?
    var toolCallID: JSONView?
    var thinkingBlocks: JSONView?
    /// Where the prompt's cached part ends.
    var mark: JSONView?

    init(_ message: JSONView) {
        message.forEachMember { key, value in
            if value.kind == .null { return }
            if key.isNamed("role") {
                role = value
            } else if key.isNamed("content") {
                content = value
            } else if key.isNamed("refusal") && value.kind == .string {
                refusal = value
            } else if key.isNamed("tool_calls") {
                toolCalls = value
            } else if key.isNamed("tool_call_id") {
                toolCallID = value
            } else if key.isNamed("thinking_blocks") {
                thinkingBlocks = value
            } else if key.isNamed("cache_control") {
                mark = value
            }
        }
    }
}

extension JSONView {
    /// How many elements an array has.
    fileprivate var elementCount: Int {
        var count = 0
        forEachElement { _ in count += 1 }
        return count
    }
}
