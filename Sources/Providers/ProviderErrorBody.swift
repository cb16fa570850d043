import Envelope

/// What the body of a failed call says, in any of the forms that OpenAI and compatible servers use:
/// `{"error":{"message","type","code"}}`, the same members without the outer object, `{"error":"…"}` or `{"detail":"…"}`.
struct ProviderErrorBody {
    let message: String?
    let type: String?
    let code: String?
    /// What the code is as an HTTP status, where the body gives it as a number.
    let status: Int?

    /// - Parameter body: the body, perhaps cut off; what it does not say leaves the members `nil`.
    init(_ body: UnsafeRawBufferPointer) {
        message = Self.text("message", in: body) ?? Self.text(at: ["error"], in: body) ?? Self.text(at: ["detail"], in: body)
        type = Self.text("type", in: body)
        code = Self.text("code", in: body)
        let number = (try? JSONText.value(at: ["error", "code"], in: body)).flatMap { $0 }.flatMap { JSONView($0, in: body).integer }
        status = number.flatMap { (300..<600).contains($0) ? $0 : nil }
    }

    /// True if the message is about a prompt too long for the model, as servers without a code of their own say it.
    var speaksOfContextLength: Bool {
        guard let message = message?.lowercased() else { return false }
        return message.contains("maximum context length") || message.contains("context length exceeded")
            || message.contains("context window")
    }

    /// The text of that name inside the object `error`, or else at the top.
    private static func text(_ name: StaticString, in body: UnsafeRawBufferPointer) -> String? {
        text(at: ["error", name], in: body) ?? text(at: [name], in: body)
    }

    private static func text(at path: [StaticString], in body: UnsafeRawBufferPointer) -> String? {
        guard let value = try? JSONText.value(at: path, in: body), value.kind == .string else { return nil }
        return JSONText.string(at: value.range, in: body)
    }
}
