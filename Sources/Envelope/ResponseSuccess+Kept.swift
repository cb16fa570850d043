/// An answer apart from its request, as the cache keeps it: one JSON object with the members of a response.
extension ResponseSuccess {
    package var kept: WrittenBytes {
        var writer = ByteWriter(capacity: 1_024)
        // The members have a comma before each.
        writer.append("{\"version\":1")
        write(into: &writer)
        writer.append("}")
        return WrittenBytes(writer)
    }

    /// Reads a kept answer back, as one that costs nothing now.
    ///
    /// - Parameter kept: must outlive this.
    /// - Returns: nil if it is none.
    package init?(kept: WrittenBytes) {
        guard let view = try? JSONView(parsing: kept.bytes), view["version"]?.integer == 1, let provider = view["provider"]?.string,
            let model = view["model"]?.string
        else { return nil }
        let content: ResponseContent
        if let message = view["message"] {
            content = .message(message.range, choices: view["choices"]?.range)
        } else if let embeddings = view["embeddings"] {
            var ranges: [ByteRange] = []
            embeddings.forEachElement { ranges.append($0.range) }
            content = .embeddings(ranges)
        } else {
            return nil
        }
        self.init(
            provider: provider, model: model, body: kept.bytes, content: content, finishReason: view["finish_reason"]?.range,
            logprobs: view["logprobs"]?.range, usage: view["usage"].flatMap(Usage.init), cost: 0, cache: .hit)
    }
}

extension Usage {
    /// Reads what `write` has written; nil if it is something else.
    fileprivate init?(_ view: JSONView) {
        guard let input = view["input"]?.integer, let output = view["output"]?.integer else { return nil }
        self.init(
            input: input, output: output, cached: view["cached"]?.integer ?? 0, cacheWrite: view["cache_write"]?.integer ?? 0,
            reasoning: view["reasoning"]?.integer ?? 0, isEstimated: view["estimated"]?.boolean ?? false)
    }
}
