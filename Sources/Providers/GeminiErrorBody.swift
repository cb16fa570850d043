import Envelope

/// What the body of a failed call says: `{"error":{"code","message","status","details"}}`, in a stream perhaps inside an array.
/// https://cloud.google.com/apis/design/errors#error_model
struct GeminiErrorBody {
    let message: String?
    /// The HTTP status that it names, or that its word stands for.
    let status: Int?
    /// How long to wait, in milliseconds.
    private(set) var retryDelay: Int?
    /// Whether a quota is used up that begins anew at midnight in California.
    private(set) var isDailyQuota = false

    private let word: String?
    private var reasons: [String] = []

    /// A week: longer waits are not believed.
    private static let longestDelay = 7 * 86_400_000

    /// - Parameter body: the body, perhaps cut off, which then tells nothing but its message.
    init(_ body: UnsafeRawBufferPointer) {
        guard let error = (try? JSONView(parsing: body)).flatMap(Self.error) else {
            message = ProviderErrorBody(body).message
            status = nil
            word = nil
            return
        }
        message = error["message"]?.string ?? error.string
        word = error["status"]?.string
        status = error["code"]?.integer.flatMap { (300..<600).contains($0) ? $0 : nil } ?? word.flatMap(Self.status)
        error["details"]?.forEachElement { read(detail: $0) }
    }

    /// Whether an answer is an error.
    static func isError(_ answer: JSONView) -> Bool { error(in: answer) != nil }

    private static func error(in answer: JSONView) -> JSONView? {
        answer["error"] ?? answer.first?["error"]
    }

    /// Reads a `RetryInfo`, `QuotaFailure` or `ErrorInfo`, which have no members in common.
    private mutating func read(detail: JSONView) {
        if let delay = detail["retryDelay"]?.string.flatMap(GoDuration.milliseconds) { retryDelay = min(delay, Self.longestDelay) }
        if let reason = detail["reason"]?.string { reasons.append(reason) }
        detail["violations"]?.forEachElement { violation in
            if violation["quotaId"]?.string?.contains("PerDay") == true { isDailyQuota = true }
        }
    }

    /// The HTTP status of a code of gRPC's.
    private static func status(word: String) -> Int? {
        switch word {
        case "INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE": 400
        case "UNAUTHENTICATED": 401
        case "PERMISSION_DENIED": 403
        case "NOT_FOUND": 404
        case "ABORTED", "ALREADY_EXISTS": 409
        case "RESOURCE_EXHAUSTED": 429
        case "CANCELLED": 499
        case "INTERNAL", "UNKNOWN", "DATA_LOSS": 500
        case "UNIMPLEMENTED": 501
        case "UNAVAILABLE": 503
        case "DEADLINE_EXCEEDED": 504
        default: nil
        }
    }

    // MARK: What the message is about

    /// A bad key is an invalid argument to Gemini.
    var isAboutKey: Bool { reasons.contains("API_KEY_INVALID") || says("api key") }

    var isAboutContextLength: Bool {
        says("token count") && says("exceeds the maximum number of tokens") || says("maximum context length")
            || word == "context_length_exceeded"
    }

    var isAboutPayloadSize: Bool { says("payload size exceeds the limit") }

    /// Where an account without billing may not be used.
    var isAboutAccount: Bool { word == "FAILED_PRECONDITION" && (says("location") || says("billing")) }

    /// Whether a quota is used up that no waiting fills: money, or a limit of 0, which models have that cannot be used for free.
    var isHopeless: Bool {
        says("credits are depleted") || says("spending cap") || says("limit: 0,") || says("limit: 0\n")
            || message?.hasSuffix("limit: 0") == true
    }

    private func says(_ words: String) -> Bool { message?.lowercased().contains(words) == true }
}
