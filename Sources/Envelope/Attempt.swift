/// One call to a provider, for the record in the response.
package struct Attempt: Hashable, Sendable {
    /// The provider's configured name.
    package let provider: String

    /// The model as the provider knows it.
    package let model: String

    /// The HTTP status; `nil` if no answer came.
    package let status: Int?

    /// How long the call took, in milliseconds.
    package let milliseconds: Double

    /// Why the attempt failed; `nil` if it did not, or to leave it out.
    package let error: ErrorCode?

    /// Whether it failed for the sake of its key, and the same call followed at once with another.
    package let isKeyTrial: Bool

    package init(provider: String, model: String, status: Int?, milliseconds: Double, error: ErrorCode? = nil, isKeyTrial: Bool = false) {
        self.provider = provider
        self.model = model
        self.status = status
        self.milliseconds = milliseconds
        self.error = error
        self.isKeyTrial = isKeyTrial
    }
}

extension Attempt {
    /// Appends the attempt as a JSON object.
    func write(into writer: inout ByteWriter) {
        writer.append("{\"provider\":")
        writer.appendJSON(provider)
        writer.append(",\"model\":")
        writer.appendJSON(model)
        writer.append(",\"status\":")
        if let status { writer.append(status) } else { writer.append("null") }
        writer.append(",\"ms\":")
        writer.append(milliseconds, decimals: 3)
        if let error {
            writer.append(",\"error\":")
            writer.appendJSON(error.rawValue)
        }
        if isKeyTrial { writer.append(",\"key_trial\":true") }
        writer.append("}")
    }
}
