/// Tokens that a call consumed.
package struct Usage: Hashable, Sendable {
    /// Tokens of the prompt, the cached ones included.
    package var input: Int

    /// Tokens that the model made, reasoning included.
    package var output: Int

    /// The part of ``input`` that the provider had cached.
    package var cached: Int

    /// The part of ``input`` that the provider has newly put into its cache, where it charges for that.
    package var cacheWrite: Int

    /// The part of ``output`` that was reasoning.
    package var reasoning: Int

    /// True if the provider sent no counts, and these are guessed from the texts' lengths.
    package var isEstimated: Bool

    package init(input: Int, output: Int, cached: Int = 0, cacheWrite: Int = 0, reasoning: Int = 0, isEstimated: Bool = false) {
        self.input = input
        self.output = output
        self.cached = cached
        self.cacheWrite = cacheWrite
        self.reasoning = reasoning
        self.isEstimated = isEstimated
    }
}

extension Usage {
    package static func + (one: Usage, other: Usage) -> Usage {
        Usage(
            input: one.input + other.input, output: one.output + other.output, cached: one.cached + other.cached,
            cacheWrite: one.cacheWrite + other.cacheWrite, reasoning: one.reasoning + other.reasoning,
            isEstimated: one.isEstimated || other.isEstimated)
    }

    /// A guess: four bytes of text make about one token.
    ///
    /// - Parameters:
    ///   - input: bytes of the prompt.
    ///   - output: bytes of the answer.
    package static func estimated(inputBytes input: Int, outputBytes output: Int) -> Usage {
        Usage(input: (input + 3) / 4, output: (output + 3) / 4, isEstimated: true)
    }

    /// Appends the usage as a JSON object.
    func write(into writer: inout ByteWriter) {
        writer.append("{\"input\":")
        writer.append(input)
        writer.append(",\"output\":")
        writer.append(output)
        writer.append(",\"cached\":")
        writer.append(cached)
        writer.append(",\"cache_write\":")
        writer.append(cacheWrite)
        writer.append(",\"reasoning\":")
        writer.append(reasoning)
        if isEstimated { writer.append(",\"estimated\":true") }
        writer.append("}")
    }
}
