internal import Envelope

/// How one provider's API looks on the wire: what it reads out of requests, and how it writes answers, errors, and events.
///
/// A dialect has no state; what it writes depends only on what it is given.
protocol Dialect: Sendable {
    // MARK: Requests

    /// The header that carries the key.
    var keyHeader: String { get }

    /// A header without which no request is answered, if there is one.
    var requiredHeader: String? { get }

    /// The member of the body that holds the prompt.
    func promptName(_ endpoint: Endpoint) -> StaticString

    /// Reads the value of that member, which stands next.
    func readPrompt(_ reader: inout ModelRequestReader) throws(JSONError)

    /// Notes what matters of any other member.
    func note(_ key: JSONString, _ value: JSONValue, in reader: inout ModelRequestReader)

    /// Refuses a request in which something is missing.
    func check(_ reader: inout ModelRequestReader)

    /// What a request without a model is answered with.
    var missingModel: APIError { get }

    /// The functions among the tools that a request offers.
    func tools(_ offered: JSONTree) -> [ToolOffer]

    // MARK: Heads and errors

    /// Appends the headers, each with the line break before it, that are this provider's own.
    func appendHeaders(_ head: ResponseHead, to writer: inout ByteWriter)

    func status(_ error: APIError) -> Int

    /// Appends the body of an error.
    func appendError(_ error: APIError, identifier: UInt64?, to writer: inout ByteWriter)

    // MARK: Answers

    /// True if a prompt that is filtered gets an answer that says so, and no error.
    var answersFiltered: Bool { get }

    /// Appends a whole answer.
    func append(_ answer: Answer, to writer: inout ByteWriter)

    /// Appends the answer to a request for embeddings.
    func append(_ answer: EmbeddingAnswer, to writer: inout ByteWriter)

    // MARK: Streams

    /// What many events of a stream begin with, kept so that it is written only once.
    func eventPrefix(_ answer: Answer) -> [UInt8]

    /// True if a call's arguments come bit by bit, and not whole with the opening of their part.
    var streamsArguments: Bool { get }

    /// Appends what comes before the first part.
    func appendBeginning(_ stream: AnswerStream, to writer: inout ByteWriter)

    /// Appends what comes before the first token of a part.
    func appendOpening(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter)

    /// Appends what comes before a token, which follows as a JSON string.
    func appendBeforeToken(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter)

    func appendAfterToken(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter)

    /// Appends what comes after the last token of a part.
    func appendClosing(_ part: AnswerPart, at place: StreamPlace, of stream: AnswerStream, to writer: inout ByteWriter)

    /// Appends tokens until there are so many. For every dialect the same, and compiled for each, since nothing is called oftener.
    func appendTokens(of stream: inout StreamedAnswer, upTo count: Int, to writer: inout ByteWriter)

    /// Appends what comes after the last part.
    func appendEnd(_ stream: AnswerStream, to writer: inout ByteWriter)

    /// Appends the first half of an event, as of a provider that fails in the middle.
    func appendFragment(_ stream: AnswerStream, to writer: inout ByteWriter)

    /// Appends the event of a provider that fails after it has begun.
    func appendFailure(_ stream: AnswerStream, to writer: inout ByteWriter)
}

extension Dialect {
    var requiredHeader: String? { nil }

    var missingModel: APIError { .missing("model") }

    func appendTokens(of stream: inout StreamedAnswer, upTo count: Int, to writer: inout ByteWriter) {
        stream.appendTokens(in: self, upTo: count, to: &writer)
    }
}
