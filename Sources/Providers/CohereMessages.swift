import Envelope

/// Writes a conversation in Cohere's form.
enum CohereMessages {
    private static let name = "cohere"

    static func write(_ messages: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        var isFirst = true
        writer.append("[")
        try messages.forEachElement { (message: JSONView) throws(ProviderError) in
            if !isFirst { writer.append(",") }
            isFirst = false
            try write(message: message, into: &writer)
        }
        writer.append("]")
    }

    private static func write(message: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        guard let role = message["role"] else { throw .untranslatable(name, "a message has no role") }
        if role.isString("user") {
            writer.append("{\"role\":\"user\",\"content\":")
            try write(content: message["content"], of: "user", mayShowImages: true, into: &writer)
        } else if role.isString("assistant") {
            writer.append("{\"role\":\"assistant\"")
            try write(answer: message, into: &writer)
        } else if role.isString("tool") {
            guard let id = message["tool_call_id"], id.kind == .string else {
                throw .untranslatable(name, "a tool's message has no tool_call_id")
            }
            writer.append("{\"role\":\"tool\",\"tool_call_id\":")
            writer.append(id.json)
            writer.append(",\"content\":")
            try write(content: message["content"], of: "tool", into: &writer)
        } else if role.isString("system") || role.isString("developer") {
            writer.append("{\"role\":\"system\",\"content\":")
            try write(content: message["content"], of: "system", into: &writer)
        } else {
            throw .unsupported(name, "role \(role.quoted)", "give system, developer, user, assistant or tool")
        }
        writer.append("}")
    }

    /// Writes what the model has said. A text beside tool calls goes where Cohere takes it, into the plan of what the tools are for.
    private static func write(answer message: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        let content = message["content"] ?? message["refusal"]
        guard let calls = message["tool_calls"], !calls.isEmpty else {
            writer.append(",\"content\":")
            if let content { try write(content: content, of: "assistant", into: &writer) } else { writer.append("\"\"") }
            return
        }
        if let content, !content.isEmpty {
            writer.append(",\"tool_plan\":\"")
            if let text = content.escaped { writer.append(text) }
            try content.forEachElement { (part: JSONView) throws(ProviderError) in writer.append(try text(of: part, "assistant")) }
            writer.append("\"")
        }
        try write(calls: calls, into: &writer)
    }

    private static func write(calls: JSONView, into writer: inout ByteWriter) throws(ProviderError) {
        var isFirst = true
        writer.append(",\"tool_calls\":[")
        try calls.forEachElement { (call: JSONView) throws(ProviderError) in
            let function = call["function"]
            guard let id = call["id"], id.kind == .string, let called = function?["name"], called.kind == .string,
                let arguments = function?["arguments"], arguments.kind == .string
            else { throw .untranslatable(name, "a tool call has not an id and a function with a name and arguments as a text") }
            writer.append(isFirst ? "{\"id\":" : ",{\"id\":")
            isFirst = false
            writer.append(id.json)
            writer.append(",\"type\":\"function\",\"function\":{\"name\":")
            writer.append(called.json)
            writer.append(",\"arguments\":")
            writer.append(arguments.json)
            writer.append("}}")
        }
        writer.append("]")
    }

    // MARK: Content

    private static func write(
        content: JSONView?, of role: StaticString, mayShowImages: Bool = false, into writer: inout ByteWriter
    ) throws(ProviderError) {
        guard let content else { throw .untranslatable(name, "a message of the role \(role) has no content") }
        guard content.kind == .array else { return writer.append(content.json) }
        var isFirst = true
        writer.append("[")
        try content.forEachElement { (part: JSONView) throws(ProviderError) in
            if !isFirst { writer.append(",") }
            isFirst = false
            if mayShowImages, part["type"]?.isString("image_url") == true {
                try write(image: part["image_url"], into: &writer)
            } else {
                writer.append("{\"type\":\"text\",\"text\":\"")
                writer.append(try text(of: part, role))
                writer.append("\"}")
            }
        }
        writer.append("]")
    }

    /// The text of a part, escaped.
    private static func text(of part: JSONView, _ role: StaticString) throws(ProviderError) -> UnsafeRawBufferPointer {
        guard let type = part["type"], type.kind == .string else { throw .untranslatable(name, "a part of a message has no type") }
        guard type.isString("text") || type.isString("refusal") else {
            throw .unsupported(name, "\(type.quoted) in messages of the role \(role)", "leave it out")
        }
        guard let text = (type.isString("text") ? part["text"] : part["refusal"])?.escaped else {
            throw .untranslatable(name, "a part of the type \(type.quoted) has no text")
        }
        return text
    }

    private static func write(image: JSONView?, into writer: inout ByteWriter) throws(ProviderError) {
        guard let image, let url = image["url"], url.kind == .string else { throw .untranslatable(name, "an image_url has no url") }
        writer.append("{\"type\":\"image_url\",\"image_url\":{\"url\":")
        writer.append(url.json)
        if let detail = image["detail"] {
            writer.append(",\"detail\":")
            writer.append(detail.json)
        }
        writer.append("}}")
    }
}
