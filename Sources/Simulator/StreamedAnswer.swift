internal import Envelope

/// A streamed answer under way: server-sent events, one for each token, that the caller asks for as they fall due.
struct StreamedAnswer {
    let answer: Answer
    /// What the dialect keeps to begin events with.
    let prefix: [UInt8]
    private let dialect: any Dialect
    private var words: AnswerText
    private var reasoning: AnswerText
    private var partIndex = 0
    private var tokensOfPart = 0

    /// Tokens written so far.
    private(set) var tokenCount = 0

    init(_ answer: Answer) {
        self.answer = answer
        dialect = answer.dialect
        words = answer.words(isReasoning: false)
        reasoning = answer.words(isReasoning: true)
        prefix = answer.dialect.eventPrefix(answer)
    }

    /// Appends what comes before the first token.
    func appendBeginning(to writer: inout ByteWriter) {
        dialect.appendBeginning(self, to: &writer)
    }

    /// Appends tokens until there are so many.
    mutating func appendTokens(upTo count: Int, to writer: inout ByteWriter) {
        while tokenCount < count && partIndex < answer.parts.count {
            let part = answer.parts[partIndex]
            if tokensOfPart == 0 { dialect.appendOpening(part, at: partIndex, of: self, to: &writer) }
            appendToken(part, to: &writer)
            tokenCount += 1
            tokensOfPart += 1
            guard tokensOfPart == part.tokens else { continue }
            dialect.appendClosing(part, at: partIndex, of: self, to: &writer)
            partIndex += 1
            tokensOfPart = 0
        }
    }

    private mutating func appendToken(_ part: AnswerPart, to writer: inout ByteWriter) {
        if case .call = part, !dialect.streamsArguments { return }
        dialect.appendBeforeToken(part, at: partIndex, of: self, to: &writer)
        switch part {
        case .text:
            writer.append("\"")
            words.appendWord(to: &writer)
            writer.append("\"")
        case .reasoning:
            writer.append("\"")
            reasoning.appendWord(to: &writer)
            writer.append("\"")
        case .json(let json, _): append(json, to: &writer)
        case .call(let call): append(call.arguments, to: &writer)
        }
        dialect.appendAfterToken(part, of: self, to: &writer)
    }

    private func append(_ json: [UInt8], to writer: inout ByteWriter) {
        json.withUnsafeBytes { writer.appendJSON(utf8: $0[AnswerPart.range(tokensOfPart, of: json)]) }
    }

    /// Appends what comes after the last token.
    func appendEnd(to writer: inout ByteWriter) {
        dialect.appendEnd(self, to: &writer)
    }

    /// Appends the first half of an event.
    func appendFragment(to writer: inout ByteWriter) {
        dialect.appendFragment(self, to: &writer)
    }

    /// Appends the event of a provider that fails after it has begun.
    func appendFailure(to writer: inout ByteWriter) {
        dialect.appendFailure(self, to: &writer)
    }
}
