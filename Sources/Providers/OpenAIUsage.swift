import Envelope

/// Reads `usage` as OpenAI writes it.
enum OpenAIUsage {
    /// - Returns: nil if it has no counts.
    static func read(_ usage: JSONView) -> Usage? {
        var read = Usage(input: 0, output: 0)
        var isGiven = false
        usage.forEachMember { key, value in
            if key.isNamed("prompt_tokens") {
                read.input = TokenCount.read(value)
                isGiven = true
            } else if key.isNamed("completion_tokens") {
                read.output = TokenCount.read(value)
                isGiven = true
            } else if key.isNamed("prompt_tokens_details") {
                read.cached = TokenCount.read(value["cached_tokens"])
                read.cacheWrite = TokenCount.read(value["cache_write_tokens"])
            } else if key.isNamed("completion_tokens_details") {
                read.reasoning = TokenCount.read(value["reasoning_tokens"])
            }
        }
        return isGiven ? read : nil
    }
}

/// Reads numbers of tokens.
enum TokenCount {
    /// More tokens than any call has: what says more is not believed, and sums of many stay within an integer.
    private static let most = 1 << 40

    /// Missing and what is no whole number count as none.
    static func read(_ count: JSONView?) -> Int {
        min(max(count?.integer ?? 0, 0), most)
    }
}
