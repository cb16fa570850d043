internal import Glibc

/// What a prompt says about its own answer, in square brackets anywhere in its text.
///
/// Where a marker comes twice the first one counts; one that is not understood is ordinary text.
struct PromptMarkers {
    /// `[latency 60000]`: milliseconds that the answer takes.
    private(set) var latency: Int?
    /// `[words 5000]`: how many words the answer has.
    private(set) var words: Int?
    /// `[tools 2]`: how many calls of offered tools the answer consists of.
    private(set) var toolCalls: Int?
    /// `[cached 100]`: how many input tokens are reported as cached.
    private(set) var cachedTokens: Int?
    /// `[bad json 1]`: for how many attempts at the prompt what should fit a schema does not.
    private(set) var misfits: Int?
    /// `[reasoning]`.
    private(set) var asksForReasoning = false
    /// `[fault stall]`, or with the number of attempts at the prompt that have it: `[fault stall 2]`.
    private(set) var fault: (fault: Fault, attempts: Int)?
    /// `[fault expired]`: in a batch the request is not answered in time.
    private(set) var asksToExpire = false

    init() {}

    init(in text: UnsafeRawBufferPointer) {
        var rest = text[...]
        while let bracket = Self.index(of: UInt8(ascii: "["), in: rest) {
            rest = rest[(bracket + 1)...]
            guard let end = rest.prefix(Self.longest).firstIndex(of: UInt8(ascii: "]")) else { continue }
            note(String(decoding: rest[..<end], as: UTF8.self))
        }
    }

    /// The fault that the prompt asks for at one attempt.
    ///
    /// - Parameter ordinal: how often the same prompt has been seen before.
    func fault(ordinal: UInt64) -> Fault? {
        guard let fault, ordinal < UInt64(fault.attempts) else { return nil }
        return fault.fault
    }

    private mutating func note(_ marker: String) {
        let words = marker.split(separator: " ", omittingEmptySubsequences: false)
        let number = words.last.flatMap { $0.allSatisfy(\.isWholeNumber) ? Int($0) : nil }
        switch (words.first, words.count) {
        case ("latency", 2): set(\.latency, number, most: 3_600_000)
        case ("words", 2): set(\.words, number, most: ModelRequest.Limit.outputTokens)
        case ("tools", 2): set(\.toolCalls, number, most: 128)
        case ("cached", 2): set(\.cachedTokens, number, most: Int(UInt32.max))
        case ("bad", 3) where words[1] == "json": set(\.misfits, number, most: Int(UInt32.max))
        case ("reasoning", 1): asksForReasoning = true
        case ("fault", 2) where words[1] == "expired": asksToExpire = true
        case ("fault", 2), ("fault", 3):
            guard self.fault == nil, let fault = Fault(name: words[1]), words.count == 2 || number != nil else { return }
            self.fault = (fault, words.count == 2 ? .max : number ?? 0)
        default: break
        }
    }

    private mutating func set(_ path: WritableKeyPath<PromptMarkers, Int?>, _ number: Int?, most: Int) {
        guard self[keyPath: path] == nil, let number, number <= most else { return }
        self[keyPath: path] = number
    }

    private static func index(of byte: UInt8, in bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
        let rest = UnsafeRawBufferPointer(rebasing: bytes)
        guard let base = rest.baseAddress, let found = memchr(base, Int32(byte), rest.count) else { return nil }
        return bytes.startIndex + (UnsafeRawPointer(found) - base)
    }

    private static let longest = 40
}
