internal import Envelope

/// Google's Gemini API.
struct GeminiDialect: Dialect {
    var keyHeader: String { "x-goog-api-key" }
    var answersFiltered: Bool { true }
    var streamsArguments: Bool { false }

    /// True for one input, whose answer is not in a list.
    var isSingleEmbedding = false

    // MARK: Requests

    func promptName(_ endpoint: Endpoint) -> StaticString {
        if endpoint != .embedding { return "contents" }
        return isSingleEmbedding ? "content" : "requests"
    }

    func readPrompt(_ reader: inout ModelRequestReader) throws(JSONError) {
        guard reader.request.endpoint == .embedding else { return try reader.readMessages("contents", content: "parts", needsRole: false) }
        guard !isSingleEmbedding else { return noteContent(try reader.scanner.value().range, in: &reader) }
        var more = try reader.scanner.openArray()
        while more {
            noteRequest(try reader.scanner.value(), in: &reader)
            more = try reader.scanner.nextElement()
        }
        reader.checkInputs("requests")
    }

    /// Notes one of the requests of a batch of embeddings.
    private func noteRequest(_ request: JSONValue, in reader: inout ModelRequestReader) {
        let bytes = reader.bytes[request.range]
        guard request.kind == .object, let content = try? JSONText.value("content", in: bytes) else {
            return reader.refuse(.missing("requests[].content"))
        }
        let start = request.range.start
        noteContent(ByteRange(start: start + content.range.start, end: start + content.range.end), in: &reader)
        if let dimensions = (try? JSONText.value("outputDimensionality", in: bytes)).flatMap({ $0 }) {
            noteDimensions(JSONText.integer(at: dimensions.range, in: bytes), in: &reader)
        }
    }

    private func noteContent(_ range: ByteRange, in reader: inout ModelRequestReader) {
        guard let parts = try? JSONText.value("parts", in: reader.bytes[range]), parts.kind == .array else {
            return reader.refuse(.missing("content.parts"))
        }
        let start = range.start + parts.range.start
        reader.noteParts(ByteRange(start: start, end: start + parts.range.count))
        let texts = JSONParts.texts(in: reader.bytes[ByteRange(start: start, end: start + parts.range.count)])
        reader.addInput(texts.first.map { ByteRange(start: start + $0.start, end: start + $0.end) } ?? range)
    }

    private func noteDimensions(_ dimensions: Int64?, in reader: inout ModelRequestReader) {
        guard let dimensions, (1...Int64(ModelRequest.Limit.dimensions)).contains(dimensions) else {
            return reader.refuse(.wrongValue("outputDimensionality", expected: "1 to \(ModelRequest.Limit.dimensions)"))
        }
        reader.request.dimensions = Int(dimensions)
    }

    func note(_ key: JSONString, _ value: JSONValue, in reader: inout ModelRequestReader) {
        let bytes = reader.bytes
        if bytes.key(key, equals: "systemInstruction") || bytes.key(key, equals: "system_instruction") {
            reader.noteInstructions(value)
        } else if bytes.key(key, equals: "generationConfig") || bytes.key(key, equals: "generation_config") {
            noteConfiguration(reader.tree(value), in: &reader)
        } else if bytes.key(key, equals: "tools") {
            reader.noteTools(value)
        } else if bytes.key(key, equals: "outputDimensionality") {
            noteDimensions(JSONText.integer(at: value.range, in: bytes), in: &reader)
        }
    }

    private func noteConfiguration(_ configuration: JSONTree, in reader: inout ModelRequestReader) {
        if let limit = configuration[either: "maxOutputTokens"]?.integer { reader.limitOutput(max(limit, 1)) }
        if configuration[either: "candidateCount"]?.number ?? 1 != 1 {
            reader.refuse(.wrongValue("generationConfig.candidateCount", expected: "1; the simulator has one candidate"))
        }
        if let thinking = configuration[either: "thinkingConfig"] {
            let isOff = thinking[either: "thinkingBudget"]?.number == 0
            let isOn =
                thinking[either: "includeThoughts"]?.isTrue == true || thinking[either: "thinkingBudget"] != nil
                || thinking[either: "thinkingLevel"] != nil
            reader.request.asksForReasoning = isOn && !isOff
        }
        guard configuration[either: "responseMimeType"]?.text == "application/json" else { return }
        reader.request.wantsJSON = true
        reader.request.outputSchema = configuration[either: "responseJsonSchema"] ?? configuration[either: "responseSchema"]
    }

    func check(_ reader: inout ModelRequestReader) {}

    func tools(_ offered: JSONTree) -> [ToolOffer] {
        offered.elements.flatMap { $0[either: "functionDeclarations"]?.elements ?? [] }.compactMap { function in
            guard let name = function["name"]?.text else { return nil }
            return ToolOffer(name: name, schema: function[either: "parametersJsonSchema"] ?? function["parameters"] ?? .null)
        }
    }

    // MARK: Heads

    /// Limits are told in no header.
    func appendHeaders(_ head: ResponseHead, to writer: inout ByteWriter) {
        writer.append("\r\nvary: Origin\r\nvary: X-Origin\r\nvary: Referer\r\nserver: scaffolding on HTTPServer2")
        guard let processingTime = head.processingTime else { return }
        writer.append("\r\nserver-timing: gfet4t7; dur=")
        writer.append(Int(processingTime / .milliseconds(1)))
    }
}
