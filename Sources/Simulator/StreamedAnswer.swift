internal import Envelope

/// A streamed answer as a dialect sees it.
final class AnswerStream: Sendable {
    let answer: Answer
    /// What the dialect keeps to begin events with.
    let prefix: [UInt8]

    init(_ answer: Answer) {
        self.answer = answer
        prefix = answer.dialect.eventPrefix(answer)
    }
}

/// Where in a stream something stands.
struct StreamPlace {
    /// Which of the answer's parts.
    var part = 0
    /// Tokens before it.
    var tokens = 0
}

/// A streamed answer under way: server-sent events, one for each token, that the caller asks for as they fall due.
struct StreamedAnswer {
    private let stream: AnswerStream
    private let dialect: any Dialect
    private var words: AnswerText
    private var reasoning: AnswerText
    private var place = StreamPlace()
    private var tokensOfPart = 0

    init(_ answer: Answer) {
        stream = AnswerStream(answer)
        dialect = answer.dialect
        words = answer.words(isReasoning: false)
        reasoning = answer.words(isReasoning: true)
    }

    /// Tokens written so far.
    var tokenCount: Int { place.tokens }

    /// Tokens of the whole answer.
    var length: Int { stream.answer.outputTokens }

    /// Appends what comes before the first token.
    func appendBeginning(to writer: inout ByteWriter) {
        dialect.appendBeginning(stream, to: &writer)
    }

    /// Appends tokens until there are so many.
    mutating func appendTokens(upTo count: Int, to writer: inout ByteWriter) {
        dialect.appendTokens(of: &self, upTo: count, to: &writer)
    }

    /// The same in a dialect that the compiler knows.
    mutating func appendTokens(in dialect: some Dialect, upTo count: Int, to writer: inout ByteWriter) {
        while place.tokens < count && place.part < stream.answer.parts.count {
            let part = stream.answer.parts[place.part]
            let length = part.tokens
            if tokensOfPart == 0 { dialect.appendOpening(part, at: place, of: stream, to: &writer) }
            for _ in 0..<min(length - tokensOfPart, count - place.tokens) { appendToken(part, in: dialect, to: &writer) }
            guard tokensOfPart == length else { return }
            dialect.appendClosing(part, at: place, of: stream, to: &writer)
            place.part += 1
            tokensOfPart = 0
        }
    }

    private mutating func appendToken(_ part: AnswerPart, in dialect: some Dialect, to writer: inout ByteWriter) {
        defer {
            place.tokens += 1
            tokensOfPart += 1
        }
        if case .call = part, !dialect.streamsArguments { return }
        dialect.appendBeforeToken(part, at: place, of: stream, to: &writer)
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
        dialect.appendAfterToken(part, at: place, of: stream, to: &writer)
    }

    private func append(_ json: [UInt8], to writer: inout ByteWriter) {
        json.withUnsafeBytes { writer.appendJSON(utf8: $0[AnswerPart.range(tokensOfPart, of: json)]) }
    }

    /// Appends what comes after the last token.
    func appendEnd(to writer: inout ByteWriter) {
        dialect.appendEnd(stream, to: &writer)
    }

    /// Appends the first half of an event.
    func appendFragment(to writer: inout ByteWriter) {
        dialect.appendFragment(stream, to: &writer)
    }

    /// Appends the event of a provider that fails after it has begun.
    func appendFailure(to writer: inout ByteWriter) {
        dialect.appendFailure(stream, to: &writer)
    }
}
