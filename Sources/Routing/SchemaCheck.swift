internal import Envelope
internal import EventLoop
internal import JSONSchema
internal import Providers

/// Checks answers against the schemas that their requests give with `response_format`. Confined to one loop.
final class SchemaCheck {
    /// Compiled schemas by their text, for many requests have the same.
    private var compiled: [[UInt8]: JSONSchema] = [:]

    private static let mostCompiled = 64
    /// Longer answers are checked on a thread of their own. Longer schemas are not, and left to the provider.
    private static let longText = 65_536

    /// The schema that a request's answer is to fit; nil if it gives none, or none that can be read: that is the provider's to judge.
    func schema(of request: borrowing RequestEnvelope, _ bytes: UnsafeRawBufferPointer) -> JSONSchema? {
        guard let range = request.payload(.responseFormat) else { return nil }
        let format = JSONView(at: range, in: bytes)
        guard format["type"]?.isString("json_schema") == true, let schema = format["json_schema"]?["schema"],
            schema.json.count <= Self.longText
        else { return nil }
        let text = Array(schema.json)
        if let known = compiled[text] { return known }
        guard let new = try? text.withUnsafeBytes({ try JSONSchema($0) }) else { return nil }
        if compiled.count >= Self.mostCompiled { compiled.removeAll() }
        compiled[text] = new
        return new
    }

    /// What keeps an answer from fitting, in words for the model; nil if nothing does. A refusal and tool calls are no such answer.
    ///
    /// - Parameter body: what the answer's ranges refer to.
    func misfit(
        _ result: ProviderResult, _ body: UnsafeRawBufferPointer, _ schema: JSONSchema, isolation: isolated (any Actor)? = #isolation
    ) async -> String? {
        for text in Self.texts(result, body) {
            var text = text
            let verdict: Verdict
            if text.utf8.count > Self.longText {
                let copy = text
                verdict = await BlockingThread.run { () throws(Never) in
                    var copy = copy
                    return copy.withUTF8 { schema.check(UnsafeRawBufferPointer($0)) }
                }
            } else {
                verdict = text.withUTF8 { schema.check(UnsafeRawBufferPointer($0)) }
            }
            if case .misfits(let problems) = verdict { return problems.map(\.description).joined(separator: "; ") }
        }
        return nil
    }

    private static func texts(_ result: ProviderResult, _ body: UnsafeRawBufferPointer) -> [String] {
        guard case .message(let message, let choices) = result.content else { return [] }
        func text(_ message: JSONView) -> String? { message["refusal"] == nil ? message["content"]?.string : nil }
        guard let choices else { return [text(JSONView(at: message, in: body))].compactMap { $0 } }
        var texts: [String] = []
        JSONView(at: choices, in: body).forEachElement { choice in
            if let text = choice["message"].flatMap(text) { texts.append(text) }
        }
        return texts
    }
}
