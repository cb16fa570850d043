import Envelope

/// A part of a candidate's content. https://ai.google.dev/api/caching#Part
struct GeminiPartReader {
    private var text: UnsafeRawBufferPointer?
    private var isThought = false
    private var call: JSONView?
    private var signature: JSONView?
    private var data: JSONView?

    /// Finds what counts in one look: this is done for every piece of a stream. Code that Google runs, and what comes of it, is passed over.
    init(_ part: JSONView) {
        part.forEachMember { key, value in
            if key.isNamed("text") {
                text = value.escaped
            } else if key.isNamed("thought") {
                isThought = value.boolean == true
            } else if key.isNamed("functionCall") {
                call = value.kind == .object ? value : nil
            } else if key.isNamed("thoughtSignature") {
                signature = value.kind == .string ? value : nil
            } else if key.isNamed("inlineData") {
                data = value
            }
        }
    }

    /// - Parameter callCount: the tool calls so far, which makes the ids of those that have none.
    func add(to choice: Int, of answer: inout AnswerBuilder, callCount: inout Int) throws(ProviderError) {
        if let text {
            if isThought { try answer.reasoning(text, choice: choice) } else { try answer.text(text, choice: choice) }
        }
        if let call {
            try add(call, number: callCount, to: choice, of: &answer)
            callCount += 1
        }
        // Pictures among the thoughts are drafts.
        if let data, !isThought { try addImage(data, to: choice, of: &answer) }
    }

    private func add(_ call: JSONView, number: Int, to choice: Int, of answer: inout AnswerBuilder) throws(ProviderError) {
        guard let name = call["name"]?.escaped, name.count > 0 else { throw .malformed("a functionCall has no name", .chat) }
        var extra: [UInt8] = []
        if let signature {
            extra = Array(",\"extra_content\":{\"google\":{\"thought_signature\":".utf8) + Array(signature.json) + Array("}}".utf8)
        }
        if let id = call["id"]?.escaped, id.count > 0 {
            try answer.toolCall(id: id, name: name, extra: extra, choice: choice)
        } else {
            // Older models give their calls no ids, which are needed to tell whose a result is.
            var id = ByteWriter(capacity: name.count + 16)
            id.append("call_")
            id.append(number)
            id.append("_")
            id.append(name)
            try answer.toolCall(id: id.bytes, name: name, extra: extra, choice: choice)
        }
        var arguments = ByteWriter(capacity: 256)
        if let args = call["args"], args.kind == .object { arguments.appendCompact(args.json) } else { arguments.append("{}") }
        try answer.arguments(json: arguments.bytes, choice: choice)
    }

    private func addImage(_ data: JSONView, to choice: Int, of answer: inout AnswerBuilder) throws(ProviderError) {
        guard let type = data["mimeType"]?.escaped, let base64 = data["data"]?.escaped else { return }
        var image = ByteWriter(capacity: base64.count + type.count + 80)
        image.append("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:")
        image.append(type)
        image.append(";base64,")
        image.append(base64)
        image.append("\"}}")
        try answer.element(of: .images, image.bytes, choice: choice)
    }
}

/// Reads `logprobsResult`. https://ai.google.dev/api/generate-content#LogprobsResult
enum GeminiLogprobs {
    /// What OpenAI writes for a token that is all but impossible.
    private static let impossible: StaticString = "-9999.0"

    static func read(_ result: JSONView, _ choice: Int, into answer: inout AnswerBuilder) throws(ProviderError) {
        var alternatives: [JSONView] = []
        result["topCandidates"]?.forEachElement { alternatives.append($0) }
        var index = 0
        try result["chosenCandidates"]?.forEachElement { (token: JSONView) throws(ProviderError) in
            var writer = ByteWriter(capacity: 256)
            write(token, into: &writer)
            writer.append(",\"top_logprobs\":[")
            var isFirst = true
            if index < alternatives.count {
                alternatives[index]["candidates"]?.forEachElement { other in
                    if !isFirst { writer.append(",") }
                    isFirst = false
                    write(other, into: &writer)
                    writer.append("}")
                }
            }
            writer.append("]}")
            try answer.logprob(writer.bytes, choice: choice)
            index += 1
        }
    }

    /// Writes the beginning of an object, without the brace that ends it.
    private static func write(_ token: JSONView, into writer: inout ByteWriter) {
        let text = token["token"]
        writer.append("{\"token\":")
        if let text, text.kind == .string { writer.append(text.json) } else { writer.append("\"\"") }
        writer.append(",\"logprob\":")
        switch token["logProbability"] {
        case let number? where number.kind == .number: writer.append(number.json)
        // Infinity is a string in proto3's JSON, and 0 may be left out.
        case .some: writer.append(impossible)
        case nil: writer.append("0")
        }
        writer.append(",\"bytes\":[")
        var isFirst = true
        for byte in (text?.string ?? "").utf8 {
            if !isFirst { writer.append(",") }
            isFirst = false
            writer.append(Int(byte))
        }
        writer.append("]")
    }
}

extension ByteWriter {
    /// Appends JSON without the white space between its tokens.
    fileprivate mutating func appendCompact(_ json: UnsafeRawBufferPointer) {
        var isInString = false
        var index = 0
        while index < json.count {
            let byte = json[index]
            index += 1
            if !isInString, byte <= 0x20 { continue }
            append(byte)
            if byte == UInt8(ascii: "\"") {
                isInString.toggle()
            } else if byte == UInt8(ascii: "\\"), index < json.count {
                append(json[index])
                index += 1
            }
        }
    }
}
