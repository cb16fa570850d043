import Envelope

/// Reads what Cohere answers, whole or in events.
enum CohereAnswerReader {
    // MARK: Whole answers

    static func message(_ answer: JSONView, _ type: RequestType) throws(ProviderError) -> ProviderResult {
        guard let message = answer["message"], message.kind == .object else { throw .malformed("\"message\" is missing", type) }
        var builder = AnswerBuilder(type)
        builder.usage = answer["usage"].flatMap(usage)
        if let plan = message["tool_plan"]?.escaped { try builder.reasoning(plan) }
        if let text = message["content"]?.escaped { try builder.text(text) }
        try message["content"]?.forEachElement { (part: JSONView) throws(ProviderError) in try read(content: part, into: &builder) }
        try message["tool_calls"]?.forEachElement { (call: JSONView) throws(ProviderError) in try begin(call, at: nil, into: &builder) }
        try message["citations"]?.forEachElement { (citation: JSONView) throws(ProviderError) in
            try builder.element(of: .citations, citation.json)
        }
        if let logprobs = answer["logprobs"] { try read(logprobs: logprobs, into: &builder) }
        if let reason = answer["finish_reason"] { try finish(reason, error: nil, &builder) }
        return try builder.result()
    }

    /// The embeddings of the kind that was asked for: `float` or `base64`, or what `extra.embedding_types` has named.
    static func embeddings(_ answer: JSONView) throws(ProviderError) -> ProviderResult {
        guard var vectors = answer["embeddings"] else { throw .malformed("\"embeddings\" is missing", .embedding) }
        if vectors.kind == .object {
            var found = vectors["float"] ?? vectors["base64"]
            vectors.forEachMember { (_, value) in if found == nil && value.kind == .array { found = value } }
            guard let found else { throw .malformed("\"embeddings\" is empty", .embedding) }
            vectors = found
        }
        var ranges: [ByteRange] = []
        try vectors.forEachElement { (vector: JSONView) throws(ProviderError) in
            guard vector.kind == .array || vector.kind == .string else {
                throw .malformed("an embedding is \(vector.kind.description)", .embedding)
            }
            ranges.append(vector.range)
        }
        guard !ranges.isEmpty else { throw .malformed("\"embeddings\" is empty", .embedding) }
        return ProviderResult(content: .embeddings(ranges), finishReason: nil, usage: answer["meta"].flatMap(usage), model: nil)
    }

    // MARK: Parts

    /// Reads `{"text"}` or `{"thinking"}`, a part of an answer or a piece of one.
    static func read(content part: JSONView, into builder: inout AnswerBuilder) throws(ProviderError) {
        if let thinking = part["thinking"]?.escaped { try builder.reasoning(thinking) }
        if let text = part["text"]?.escaped { try builder.text(text) }
    }

    /// Begins a tool call, with as much of its arguments as there is.
    static func begin(_ call: JSONView, at index: Int?, into builder: inout AnswerBuilder) throws(ProviderError) {
        guard let function = call["function"], let name = function["name"]?.escaped else { return }
        try builder.toolCall(at: index, id: call["id"]?.escaped ?? UnsafeRawBufferPointer(start: nil, count: 0), name: name)
        if let arguments = function["arguments"]?.escaped { try builder.arguments(arguments) }
    }

    /// Reads `{"text","token_ids","logprobs"}`, or an array of such. A text may have several tokens: its probability is their product.
    static func read(logprobs: JSONView, into builder: inout AnswerBuilder) throws(ProviderError) {
        try logprobs.forEachElement { (item: JSONView) throws(ProviderError) in try read(logprob: item, into: &builder) }
        if logprobs.kind == .object { try read(logprob: logprobs, into: &builder) }
    }

    private static func read(logprob item: JSONView, into builder: inout AnswerBuilder) throws(ProviderError) {
        guard let text = item["text"], text.kind == .string, let logprobs = item["logprobs"], !logprobs.isEmpty else { return }
        var sum = 0.0
        logprobs.forEachElement { sum += $0.double ?? 0 }
        guard sum.isFinite else { return }
        var writer = ByteWriter(capacity: text.json.count + 96)
        writer.append("{\"token\":")
        writer.append(text.json)
        writer.append(",\"logprob\":")
        writer.append(sum)
        writer.append(",\"bytes\":null,\"top_logprobs\":[]}")
        try builder.logprob(writer.bytes)
    }

    /// Says why the model stopped.
    ///
    /// - Parameter error: what Cohere says of a failure.
    /// - Throws: if it did so because something failed.
    static func finish(_ reason: JSONView, error: JSONView?, _ builder: inout AnswerBuilder) throws(ProviderError) {
        if reason.isString("COMPLETE") || reason.isString("STOP_SEQUENCE") {
            try builder.finish("stop")
        } else if reason.isString("MAX_TOKENS") || reason.isString("ERROR_LIMIT") {
            try builder.finish("length")
        } else if reason.isString("TOOL_CALL") {
            try builder.finish("tool_calls")
        } else if reason.isString("ERROR_TOXIC") {
            try builder.finish("content_filter")
        } else if reason.isString("ERROR") {
            throw failure(.serverError, error)
        } else if reason.isString("TIMEOUT") {
            throw failure(.timeout, error)
        } else if reason.kind == .string {
            try builder.finish(reason.json)
        }
    }

    /// That the model failed, although the answer began well.
    static func failure(_ code: ErrorCode, _ error: JSONView?) -> ProviderError {
        ErrorAnswer.error(
            code, status: 200, said: error?.string ?? (code == .timeout ? "the model took too long" : "the model failed"),
            body: UnsafeRawBufferPointer(start: nil, count: 0), retryAfter: nil)
    }

    /// Reads `{"billed_units","tokens","cached_tokens"}`.
    ///
    /// Cohere charges for what `billed_units` says, which is less than `tokens`: its own instructions to the model are not among them.
    ///
    /// - Returns: nil if it has no counts.
    static func usage(_ usage: JSONView) -> Usage? {
        let billed = usage["billed_units"]
        let tokens = usage["tokens"]
        let input = billed?["input_tokens"] ?? tokens?["input_tokens"]
        let output = billed?["output_tokens"] ?? tokens?["output_tokens"]
        guard input != nil || output != nil else { return nil }
        let count = tokenCount(input)
        return Usage(input: count, output: tokenCount(output), cached: min(tokenCount(usage["cached_tokens"]), count))
    }

    /// Counts may be written as `7.0`.
    private static func tokenCount(_ count: JSONView?) -> Int {
        if let whole = count?.double, count?.integer == nil, whole >= 0, whole < 0x1p40 { return Int(whole) }
        return TokenCount.read(count)
    }
}

/// Reads a streamed answer of Cohere's: events that name their type, the last being `message-end`.
/// https://docs.cohere.com/v2/docs/streaming
struct CohereStreamReader: StreamReader {
    mutating func read(_ event: String, _ data: UnsafeRawBufferPointer, into answer: inout AnswerBuilder) throws(ProviderError) {
        if data.elementsEqual("[DONE]".utf8) { return answer.end() }
        let piece = try JSONView(event: data)
        guard piece.kind == .object else { throw .corruptStream("it is \(piece.kind.description)") }
        guard let type = piece["type"], event != "error", !type.isString("error") else {
            throw piece["message"] == nil ? .corruptStream("it has no type") : CohereFormat.streamedError(data)
        }
        let delta = piece["delta"]
        let message = delta?["message"]
        if type.isString("content-delta") || type.isString("content-start") {
            if let content = message?["content"] { try CohereAnswerReader.read(content: content, into: &answer) }
            if let logprobs = piece["logprobs"] { try CohereAnswerReader.read(logprobs: logprobs, into: &answer) }
        } else if type.isString("tool-plan-delta") {
            if let plan = message?["tool_plan"]?.escaped { try answer.reasoning(plan) }
        } else if type.isString("tool-call-start") {
            if let call = message?["tool_calls"] { try CohereAnswerReader.begin(call, at: piece["index"]?.integer, into: &answer) }
        } else if type.isString("tool-call-delta") {
            guard let arguments = message?["tool_calls"]?["function"]?["arguments"]?.escaped else { return }
            try answer.arguments(arguments, at: piece["index"]?.integer)
        } else if type.isString("citation-start") {
            if let citation = message?["citations"] { try answer.element(of: .citations, citation.json) }
        } else if type.isString("message-end") {
            try end(delta, into: &answer)
        }
    }

    private func end(_ delta: JSONView?, into answer: inout AnswerBuilder) throws(ProviderError) {
        answer.usage = delta?["usage"].flatMap(CohereAnswerReader.usage) ?? answer.usage
        let error = delta?["error"]
        if let reason = delta?["finish_reason"] { try CohereAnswerReader.finish(reason, error: error, &answer) }
        if let error, error.kind == .string, !error.isEmpty { throw CohereAnswerReader.failure(.serverError, error) }
        answer.end()
    }
}
