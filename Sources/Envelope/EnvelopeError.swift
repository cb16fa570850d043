/// Why a message is not an acceptable request, with what could be read of it in spite of that.
package struct EnvelopeError: Error, Hashable, Sendable {
    /// The kind of fault.
    package let code: ErrorCode

    /// What is wrong, at which field or byte, and what to do; in English, for people.
    package let message: String

    /// The request's id, so that an error response can be sent; `nil` if none could be read.
    package let id: String?

    /// Where the id stands in the message, quotes included.
    package let idRange: ByteRange?

    /// The request's type, if it could be read or inferred.
    package let type: RequestType?

    /// Where the requester wants its response, if that could be read. Not yet checked against what is allowed.
    package let replyTo: String?

    /// Where the metadata object stands in the message, if it could be read.
    package let metadata: ByteRange?

    /// True if the response is wanted in chunks too, as far as that could be read.
    package let isStreamed: Bool

    package init(
        code: ErrorCode, message: String, id: String? = nil, idRange: ByteRange? = nil, type: RequestType? = nil,
        replyTo: String? = nil, metadata: ByteRange? = nil, isStreamed: Bool = false
    ) {
        self.code = code
        self.message = message
        self.id = id
        self.idRange = idRange
        self.type = type
        self.replyTo = replyTo
        self.metadata = metadata
        self.isStreamed = isStreamed
    }
}
