internal import Envelope

/// The text of an answer, word by word: a digest of the prompt, then words that the seed and the prompt determine.
///
/// All of it is plain ASCII that JSON needs no escapes for.
struct AnswerText {
    private let digest: UInt64
    private var stream: RandomStream
    private var isBegun = false

    init(seed: UInt64, fingerprint: UInt64, digest: UInt64) {
        self.digest = digest
        stream = RandomStream(seed: seed, fingerprint: fingerprint)
    }

    /// Appends the next word, with the space before it.
    mutating func appendWord(to writer: inout ByteWriter) {
        guard isBegun else {
            isBegun = true
            return writer.append(hexadecimal: digest)
        }
        writer.append(Self.word(stream.next()))
    }

    /// The word, with a space before it, that a number drawn stands for.
    static func word(_ drawn: UInt64) -> StaticString {
        words[Int(truncatingIfNeeded: drawn & 63)]
    }

    private static let words: [StaticString] = [
        " the", " a", " each", " every", " one", " this", " that", " another", " train", " track", " switch", " signal", " engine",
        " wagon", " yard", " station", " platform", " bridge", " tunnel", " junction", " siding", " timetable", " driver", " guard",
        " passenger", " message", " queue", " worker", " answer", " question", " token", " model", " waits", " runs", " stops",
        " turns", " carries", " follows", " joins", " leaves", " arrives", " departs", " passes", " returns", " early", " late",
        " slowly", " quickly", " quietly", " twice", " again", " never", " and", " or", " then", " before", " after", " while",
        " between", " under", " over", " beside", " without", " with",
    ]
}

extension ByteWriter {
    /// Appends sixteen hexadecimal digits.
    mutating func append(hexadecimal value: UInt64) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 15
            append(digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &- 10 &+ digit)
        }
    }
}
