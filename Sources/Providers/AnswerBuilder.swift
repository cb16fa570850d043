package import Envelope

/// Puts an answer together from the pieces in which a provider gives it, into the form of OpenAI's chat completions.
///
/// Texts come escaped, as they stand between the quotes of the provider's JSON, and are joined as they are. A format uses a builder for
/// complete answers that have another form, and for streamed ones; for these the builder also keeps what each piece adds.
package struct AnswerBuilder {
    /// What a piece adds to one of the answers.
    package struct Delta {
        package let choice: Int
        /// A JSON object.
        package let json: [UInt8]
    }

    /// Tokens consumed; nil until the provider says.
    package var usage: Usage?

    private let type: RequestType
    private let keepsDeltas: Bool
    private var choices: [ChoiceBuilder] = []
    private var model: [UInt8]?
    private var deltas: [Delta] = []

    /// True once the provider's own mark of the end has come: what happens to the connection afterwards does not matter.
    package private(set) var isEnded = false

    /// More choices, or tool calls in one, than anybody asks for.
    private static let mostParts = 1024

    /// - Parameters:
    ///   - type: chat or completion.
    ///   - keepsDeltas: whether what each piece adds is wanted.
    package init(_ type: RequestType, keepsDeltas: Bool = false) {
        self.type = type
        self.keepsDeltas = keepsDeltas
    }

    /// What has been added since the last call.
    package mutating func takeDeltas() -> [Delta] {
        guard !deltas.isEmpty else { return [] }
        defer { deltas = [] }
        return deltas
    }

    /// Bytes of text, reasoning and arguments so far, escapes included.
    package var textBytes: Int { choices.reduce(0) { $0 + $1.textBytes } }

    // MARK: Pieces

    /// The model that answers, as JSON, quotes included.
    mutating func model(_ json: UnsafeRawBufferPointer) {
        if model == nil { model = Array(json) }
    }

    mutating func text(_ escaped: UnsafeRawBufferPointer, choice: Int = 0) throws(ProviderError) {
        try add(to: choice, .content, escaped)
    }

    mutating func reasoning(_ escaped: UnsafeRawBufferPointer, choice: Int = 0) throws(ProviderError) {
        try add(to: choice, .reasoning, escaped)
    }

    mutating func refusal(_ escaped: UnsafeRawBufferPointer, choice: Int = 0) throws(ProviderError) {
        try add(to: choice, .refusal, escaped)
    }

    /// Begins a tool call.
    ///
    /// - Parameters:
    ///   - index: the provider's number for it, by which its arguments are added; nil for the next.
    ///   - id: escaped.
    ///   - name: escaped.
    ///   - extra: further members of the call, as JSON with a comma before each.
    mutating func toolCall(
        at index: Int? = nil, id: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, extra: [UInt8] = [], choice: Int = 0
    ) throws(ProviderError) {
        try open(choice)
        let place = choices[choice].toolCalls.count
        guard place < Self.mostParts else { throw .corruptStream("more than \(Self.mostParts) tool calls") }
        choices[choice].toolCalls.append(ToolCallBuilder(index: index ?? place, id: Array(id), name: Array(name), extra: extra))
        guard keepsDeltas else { return }
        var writer = ByteWriter(capacity: 128)
        writer.append("\"tool_calls\":[{\"index\":")
        writer.append(place)
        writer.append(",\"id\":\"")
        writer.append(id)
        writer.append("\",\"type\":\"function\",\"function\":{\"name\":\"")
        writer.append(name)
        writer.append("\",\"arguments\":\"\"}")
        extra.withUnsafeBytes { writer.append($0) }
        writer.append("}]")
        note(writer, choice)
    }

    /// Whether the last tool call with that number of the provider's is the one with that id; with any, if none is given.
    func hasToolCall(at index: Int, id: UnsafeRawBufferPointer? = nil, choice: Int = 0) -> Bool {
        guard choices.indices.contains(choice), let place = choices[choice].place(ofToolCall: index) else { return false }
        guard let id, !id.isEmpty else { return true }
        return choices[choice].toolCalls[place].id.elementsEqual(id)
    }

    /// Adds to the arguments of a tool call; those of an unknown one are passed over.
    ///
    /// - Parameters:
    ///   - escaped: a piece of the arguments' JSON text, escaped as in a JSON string.
    ///   - index: the provider's number for the call; nil for the last.
    mutating func arguments(_ escaped: UnsafeRawBufferPointer, at index: Int? = nil, choice: Int = 0) throws(ProviderError) {
        try open(choice)
        guard escaped.count > 0, let place = choices[choice].place(ofToolCall: index) else { return }
        choices[choice].toolCalls[place].arguments.append(contentsOf: escaped)
        guard keepsDeltas else { return }
        var writer = ByteWriter(capacity: escaped.count + 64)
        writer.append("\"tool_calls\":[{\"index\":")
        writer.append(place)
        writer.append(",\"function\":{\"arguments\":\"")
        writer.append(escaped)
        writer.append("\"}}]")
        note(writer, choice)
    }

    /// Adds the arguments of the last tool call, given as a JSON value.
    mutating func arguments(json: UnsafeRawBufferPointer, choice: Int = 0) throws(ProviderError) {
        var writer = ByteWriter(capacity: json.count + 32)
        writer.appendJSON(utf8: json)
        let quoted = writer.bytes
        try arguments(UnsafeRawBufferPointer(rebasing: quoted[1..<(quoted.count - 1)]), choice: choice)
    }

    /// Adds an element to an array that the message has beside its text. What streams bring in pieces is added when it is whole.
    mutating func element(of array: MessageArray, _ json: UnsafeRawBufferPointer, choice: Int = 0) throws(ProviderError) {
        try open(choice)
        choices[choice].add(json, to: array)
    }

    /// Adds the log probability of a token: an element as OpenAI writes it in `logprobs.content`.
    mutating func logprob(_ json: UnsafeRawBufferPointer, choice: Int = 0) throws(ProviderError) {
        try open(choice)
        choices[choice].addLogprob(json)
    }

    /// Says why the model stopped: `stop`, `length`, `tool_calls`, `content_filter`, or a word that only the provider has.
    ///
    /// - Parameter json: quotes included.
    mutating func finish(_ json: UnsafeRawBufferPointer, choice: Int = 0) throws(ProviderError) {
        try open(choice)
        choices[choice].finishReason = Array(json)
    }

    mutating func finish(_ reason: StaticString, choice: Int = 0) throws(ProviderError) {
        try finish(UnsafeRawBufferPointer(start: reason.utf8Start, count: reason.utf8CodeUnitCount), quoted: true, choice)
    }

    private mutating func finish(_ word: UnsafeRawBufferPointer, quoted: Bool, _ choice: Int) throws(ProviderError) {
        var writer = ByteWriter(capacity: 32)
        writer.appendJSON(utf8: word)
        try finish(writer.bytes, choice: choice)
    }

    /// Whether a choice has a tool call.
    func hasToolCalls(choice: Int = 0) -> Bool {
        choices.indices.contains(choice) && !choices[choice].toolCalls.isEmpty
    }

    /// Notes the provider's own mark of the end.
    mutating func end() {
        isEnded = true
    }

    // MARK: The whole

    /// Why the first choice's model stopped, as JSON; nil if it has not been said.
    package var finishReason: [UInt8]? { choices.first?.finishReason }

    /// Whether every choice has been finished.
    package var isComplete: Bool { !choices.isEmpty && choices.allSatisfy { $0.finishReason != nil } }

    /// The answer.
    package func result() throws(ProviderError) -> ProviderResult {
        guard let first = choices.first else { throw .malformed("it has no answer", type) }
        var writer = ByteWriter(capacity: textBytes + 512)
        let finishReason = first.finishReason.map { writer.place($0) }
        let model = model.map { writer.place($0) }
        let logprobs = first.writeLogprobs(into: &writer)
        let message = first.writeMessage(into: &writer)
        var several: ByteRange?
        if choices.count > 1 {
            let start = writer.count
            writer.append("[")
            for (index, choice) in choices.enumerated() {
                if index > 0 { writer.append(",") }
                choice.write(index: index, into: &writer)
            }
            writer.append("]")
            several = ByteRange(start: start, end: writer.count)
        }
        return ProviderResult(
            content: .message(message, choices: several), finishReason: finishReason, logprobs: logprobs, usage: usage, model: model,
            written: WrittenBytes(writer))
    }

    private mutating func open(_ choice: Int) throws(ProviderError) {
        guard choice >= 0, choice < Self.mostParts else { throw .corruptStream("a choice has the number \(choice)") }
        while choices.count <= choice { choices.append(ChoiceBuilder()) }
    }

    private mutating func add(to choice: Int, _ part: ChoiceBuilder.Part, _ escaped: UnsafeRawBufferPointer) throws(ProviderError) {
        try open(choice)
        choices[choice].add(escaped, to: part)
        guard keepsDeltas, escaped.count > 0 else { return }
        var writer = ByteWriter(capacity: escaped.count + 64)
        writer.append("\"")
        writer.append(part.name)
        writer.append("\":\"")
        writer.append(escaped)
        writer.append("\"")
        note(writer, choice)
    }

    /// Keeps a delta of these members; the first of a choice tells the role.
    private mutating func note(_ members: borrowing ByteWriter, _ choice: Int) {
        var json: [UInt8] = []
        json.reserveCapacity(members.count + 24)
        json.append(UInt8(ascii: "{"))
        if !choices[choice].isAnnounced {
            choices[choice].isAnnounced = true
            json.append(contentsOf: "\"role\":\"assistant\",".utf8)
        }
        json.append(contentsOf: members.bytes)
        json.append(UInt8(ascii: "}"))
        deltas.append(Delta(choice: choice, json: json))
    }
}

extension ByteWriter {
    /// Appends bytes and returns where they are.
    fileprivate mutating func place(_ bytes: [UInt8]) -> ByteRange {
        let start = count
        bytes.withUnsafeBytes { append($0) }
        return ByteRange(start: start, end: count)
    }
}
