/// Tokens that a call consumed.
package struct Usage: Hashable, Sendable {
    /// Tokens of the prompt, the cached ones included.
    package var input: Int

    /// Tokens that the model made, reasoning included.
    package var output: Int

    /// The part of ``input`` that the provider had cached.
    package var cached: Int

    /// The part of ``output`` that was reasoning.
    package var reasoning: Int

    package init(input: Int, output: Int, cached: Int = 0, reasoning: Int = 0) {
        self.input = input
        self.output = output
        self.cached = cached
        self.reasoning = reasoning
    }
}

extension Usage {
    /// Appends the usage as a JSON object.
    func write(into writer: inout ByteWriter) {
        writer.append("{\"input\":")
        writer.append(input)
        writer.append(",\"output\":")
        writer.append(output)
        writer.append(",\"cached\":")
        writer.append(cached)
        writer.append(",\"reasoning\":")
        writer.append(reasoning)
        writer.append("}")
    }
}
