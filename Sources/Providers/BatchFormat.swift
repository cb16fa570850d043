package import Envelope

/// How to speak with a provider's batch API: pure translation, without I/O, as a ``WireFormat`` is for single calls.
///
/// A batch is written in one go (`open`, `append` for each request, `close`), uploaded first where the provider wants that, created,
/// asked for until it has ended, and its results are read line by line.
package protocol BatchFormat: Sendable {
    /// The most requests that a batch may have.
    var maxRequests: Int { get }

    /// The most bytes that a batch may have.
    var maxBytes: Int { get }

    /// Whether the provider keeps the name that a batch is created with, and lists it.
    var keepsNames: Bool { get }

    /// Whether requests of that type may be in a batch.
    func takes(_ type: RequestType) -> Bool

    /// The type of what is written, for the header field `content-type`.
    func contentType(of batch: String) -> String

    /// Writes what comes before a batch's requests.
    ///
    /// - Parameter batch: the batch's own name: letters, digits and `-`, at most 40.
    func open(_ batch: String, into writer: inout ByteWriter)

    /// Writes one request.
    ///
    /// - Parameters:
    ///   - body: as the provider's ``WireFormat`` has written it.
    ///   - name: what its result is found by: letters, digits and `-`, at most 64.
    ///   - isFirst: whether it is the batch's first.
    func append(_ body: UnsafeRawBufferPointer, named name: String, _ type: RequestType, isFirst: Bool, into writer: inout ByteWriter)

    /// Writes what comes after a batch's requests.
    func close(_ batch: String, into writer: inout ByteWriter)

    /// The call that uploads what was written; nil if it goes with the call that creates the batch.
    var upload: BatchCall? { get }

    /// Reads the answer to an upload.
    ///
    /// - Returns: the name of the file.
    func readUploaded(_ body: UnsafeRawBufferPointer) throws(ProviderError) -> String

    /// The call that creates a batch.
    ///
    /// - Parameter file: the uploaded file; nil where there is none: what was written is then the call's body.
    func create(_ batch: String, _ type: RequestType, file: String?) -> BatchCall

    func look(_ id: String) -> BatchCall
    func cancel(_ id: String) -> BatchCall

    /// The call that lists batches, the latest first.
    ///
    /// - Parameter cursor: what the page before said; nil for the first one.
    func list(after cursor: String?) -> BatchCall

    /// Reads the answer to `create`, `look` or `cancel`.
    func readBatch(_ body: UnsafeRawBufferPointer) throws(ProviderError) -> ProviderBatch

    /// Reads the answer to `list`.
    func readPage(_ body: UnsafeRawBufferPointer) throws(ProviderError) -> ProviderBatch.Page

    /// Reads one line of a batch's results.
    ///
    /// - Throws: ``ProviderError`` with `malformed_response` if it is none.
    func readResult(_ line: UnsafeRawBufferPointer) throws(ProviderError) -> BatchResult
}

/// One call to a batch API.
package struct BatchCall: Hashable, Sendable {
    package enum Method: Sendable {
        case get
        case post
    }

    package let method: Method
    /// To be appended to the provider's base URL.
    package let path: String
    /// JSON; empty for none.
    package let body: String

    package init(_ method: Method, _ path: String, body: String = "") {
        self.method = method
        self.path = path
        self.body = body
    }
}

/// A batch as its provider tells of it.
package struct ProviderBatch: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case running
        /// All its requests have succeeded, failed, expired or been cancelled.
        case ended
        /// None of its requests was begun, for a reason that the provider gives: a code, if it has one, and words.
        case refused(code: String, reason: String)
    }

    package let id: String
    package let state: State
    /// What it was created with as its own name; nil if the provider keeps no such thing.
    package let name: String?
    /// Unix milliseconds; nil if the provider does not say.
    package let created: Int64?
    /// How many requests it has; nil if the provider does not say.
    package let count: Int?
    /// Where its results are, once it has ended: paths to be appended to the provider's base URL.
    package let results: [String]

    package init(id: String, state: State, name: String?, created: Int64?, count: Int?, results: [String]) {
        self.id = id
        self.state = state
        self.name = name
        self.created = created
        self.count = count
        self.results = results
    }

    /// A part of a list of batches.
    package struct Page: Sendable {
        package let batches: [ProviderBatch]
        /// What the next page is asked for with; nil if this is the last.
        package let next: String?
    }
}

/// What came of one request of a batch.
package struct BatchResult: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        /// An answer, or an error, as a single call would have got it: the body is at `body` in the line.
        case response(status: Int, body: ByteRange)
        /// It was not begun before the batch ended.
        case expired
        case cancelled
        /// The batch API has no answer to it; in the provider's words.
        case none(String)
    }

    /// The name that it was written with.
    package let name: String
    package let outcome: Outcome

    package init(name: String, outcome: Outcome) {
        self.name = name
        self.outcome = outcome
    }
}

extension BatchCall {
    /// Text as one segment of a path: an id that a provider has given, of which only harmless characters are believed.
    static func segment(_ id: String) -> String {
        String(
            decoding: id.utf8.filter { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }, as: UTF8.self)
    }
}

extension ProviderError {
    /// That the answer of a batch API is not as expected.
    static func malformedBatch(_ what: String) -> ProviderError {
        ProviderError(code: .malformedResponse, message: "the answer of the provider's batch API is not as expected: \(what)")
    }
}

extension JSONView {
    /// The root of an answer of a batch API.
    static func batchAnswer(_ body: UnsafeRawBufferPointer) throws(ProviderError) -> JSONView {
        do {
            return try JSONView(parsing: body)
        } catch {
            throw .notJSON(error)
        }
    }
}

extension ByteWriter {
    /// Appends JSON on one line: line breaks, which are white space there, as spaces.
    mutating func appendOnOneLine(_ json: UnsafeRawBufferPointer) {
        var start = 0
        for index in json.indices where json[index] == UInt8(ascii: "\n") || json[index] == UInt8(ascii: "\r") {
            append(json[ByteRange(start: start, end: index)])
            append(UInt8(ascii: " "))
            start = index + 1
        }
        append(json[ByteRange(start: start, end: json.count)])
    }
}
