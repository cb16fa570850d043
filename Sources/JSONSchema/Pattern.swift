/// A regular expression of ECMA-262 with the flag `u`, looked for anywhere in a text.
///
/// It is matched in time proportional to pattern times text: all ways to match are followed at once (Thompson's method), so no pattern
/// explodes, as they do where a matcher goes back. Not known: back references, looking behind, flags within the pattern, scripts
/// (`\p{Greek}`), and what grows beyond ``sizeLimit``.
///
/// https://swtch.com/~rsc/regexp/regexp2.html
struct Pattern: Sendable {
    /// What to do in one place of the pattern; numbers are places.
    enum Instruction: Sendable {
        case scalar(UInt32)
        case set(Int)
        case fork(Int, Int)
        case jump(Int)
        case anchor(Anchor)
        /// What follows up to `end`, which is a `found`, must match here, or must not.
        case look(end: Int, isNegative: Bool)
        case found
    }

    enum Anchor: Sendable {
        case start
        case end
        case wordBoundary
        case noWordBoundary
    }

    /// Most instructions that a pattern may have, and most bytes.
    static let sizeLimit = 4000

    let instructions: [Instruction]
    let sets: [ScalarSet]

    /// - Returns: `nil` if it is no pattern, or none that is known here.
    init?(_ pattern: String, sizeLimit: Int = sizeLimit) {
        guard pattern.utf8.count <= Self.sizeLimit else { return nil }
        do {
            var parser = PatternParser(pattern)
            var writer = PatternWriter(sizeLimit: sizeLimit)
            try writer.write(parser.parse())
            try writer.append(.found)
            instructions = writer.instructions
            sets = writer.sets
        } catch {
            return nil
        }
    }

    /// Whether the text has a match.
    ///
    /// - Parameters:
    ///   - text: valid UTF-8.
    ///   - steps: how much may be done; what was done is taken off. Below 0 the answer means nothing.
    func isFound(in text: UnsafeRawBufferPointer, steps: inout Int) -> Bool {
        var matcher = PatternMatcher(pattern: self, text: text)
        return matcher.run(from: 0, at: 0, isAnchored: isAnchored, steps: &steps)
    }

    private var isAnchored: Bool {
        if case .anchor(.start) = instructions[0] { true } else { false }
    }
}

/// A pattern that is not known here, or is none.
struct UnknownPattern: Error {}

/// The parts of a pattern.
indirect enum PatternPart {
    case scalar(UInt32)
    case set(ScalarSet)
    case sequence([PatternPart])
    case choice([PatternPart])
    /// `most` is nil for any number.
    case repetition(PatternPart, least: Int, most: Int?)
    case anchor(Pattern.Anchor)
    case look(PatternPart, isNegative: Bool)
}

/// Turns the parts into instructions.
struct PatternWriter {
    let sizeLimit: Int
    private(set) var instructions: [Pattern.Instruction] = []
    private(set) var sets: [ScalarSet] = []

    mutating func append(_ instruction: Pattern.Instruction) throws(UnknownPattern) {
        guard instructions.count < sizeLimit else { throw UnknownPattern() }
        instructions.append(instruction)
    }

    mutating func write(_ part: PatternPart) throws(UnknownPattern) {
        switch part {
        case .scalar(let scalar): try append(.scalar(scalar))
        case .set(let set):
            try append(.set(sets.count))
            sets.append(set)
        case .sequence(let parts):
            for part in parts { try write(part) }
        case .choice(let choices): try write(choices: choices)
        case .repetition(let part, let least, let most): try write(part, least: least, most: most)
        case .anchor(let anchor): try append(.anchor(anchor))
        case .look(let part, let isNegative):
            let place = instructions.count
            try append(.look(end: 0, isNegative: isNegative))
            try write(part)
            instructions[place] = .look(end: instructions.count, isNegative: isNegative)
            try append(.found)
        }
    }

    private mutating func write(choices: [PatternPart]) throws(UnknownPattern) {
        var jumps: [Int] = []
        for choice in choices.dropLast() {
            let fork = instructions.count
            try append(.fork(0, 0))
            try write(choice)
            jumps.append(instructions.count)
            try append(.jump(0))
            instructions[fork] = .fork(fork + 1, instructions.count)
        }
        if let last = choices.last { try write(last) }
        for jump in jumps { instructions[jump] = .jump(instructions.count) }
    }

    private mutating func write(_ part: PatternPart, least: Int, most: Int?) throws(UnknownPattern) {
        for _ in 0..<least {
            let start = instructions.count
            try write(part)
            // What takes no place means the same once as often.
            if instructions.count == start { return }
        }
        guard let most else {
            let fork = instructions.count
            try append(.fork(0, 0))
            try write(part)
            try append(.jump(fork))
            instructions[fork] = .fork(fork + 1, instructions.count)
            return
        }
        var forks: [Int] = []
        for _ in least..<most {
            forks.append(instructions.count)
            try append(.fork(0, 0))
            try write(part)
        }
        for fork in forks { instructions[fork] = .fork(fork + 1, instructions.count) }
    }
}
