import Envelope

/// Reads `usageMetadata`.
/// https://ai.google.dev/api/generate-content#UsageMetadata
enum GeminiUsage {
    /// - Returns: nil if it has no counts.
    static func read(_ usage: JSONView) -> Usage? {
        var read = Usage(input: 0, output: 0)
        var isGiven = false
        usage.forEachMember { key, value in
            // What tools of Google's own have found is input that is counted apart; so are thoughts, which are output.
            if key.isNamed("promptTokenCount") || key.isNamed("toolUsePromptTokenCount") {
                read.input += TokenCount.read(value)
            } else if key.isNamed("candidatesTokenCount") {
                read.output += TokenCount.read(value)
            } else if key.isNamed("thoughtsTokenCount") {
                read.reasoning = TokenCount.read(value)
                read.output += read.reasoning
            } else if key.isNamed("cachedContentTokenCount") {
                read.cached = TokenCount.read(value)
            } else {
                return
            }
            isGiven = true
        }
        return isGiven ? read : nil
    }
}
