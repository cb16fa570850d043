internal import TestSupport

/// Damages inputs: mostly what the JSON in them says, so that they get far into a parser; the others byte by byte and line by line.
struct Mutator {
    /// The longest input.
    static let mostBytes = 8192

    let corpus: [[UInt8]]
    var generator: SeededGenerator

    init(seed: UInt64, corpus: [[UInt8]]) {
        self.corpus = corpus
        generator = SeededGenerator(seed: seed)
    }

    mutating func reseed(_ seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// The input with a few damages, and at most `most` bytes.
    mutating func mutated(_ input: [UInt8], most: Int) -> [UInt8] {
        var bytes = input
        let keepsSyntax = number(0...9) < 7
        for _ in 0..<(Bool.random(using: &generator) ? 1 : number(2...6)) {
            if keepsSyntax { damageValue(&bytes) } else { damageText(&bytes) }
        }
        return bytes.count <= most ? bytes : Array(bytes[..<most])
    }

    // MARK: Bytes

    private mutating func damageText(_ bytes: inout [UInt8]) {
        switch number(0...12) {
        case 0, 1: changeByte(&bytes)
        case 2: bytes.removeSubrange(stretch(bytes))
        case 3: bytes.insert(contentsOf: bytes[stretch(bytes)], at: place(bytes))
        case 4: bytes.insert(contentsOf: pick(MutationWords.all.randomElement(using: &generator) ?? []), at: place(bytes))
        case 5: bytes.removeSubrange(place(bytes)...)
        case 6: splice(&bytes)
        case 7...10: damageLine(&bytes)
        default:
            guard let value = JSONTokens(bytes).value(using: &generator) else { return }
            bytes.replaceSubrange(value, with: pick(MutationWords.broken))
        }
    }

    private mutating func changeByte(_ bytes: inout [UInt8]) {
        guard let index = bytes.indices.randomElement(using: &generator) else { return }
        if Bool.random(using: &generator) {
            bytes[index] ^= 1 << UInt8(number(0...7))
        } else {
            bytes[index] = MutationWords.bytes.randomElement(using: &generator) ?? 0
        }
    }

    /// Goes on with another input from somewhere in it.
    private mutating func splice(_ bytes: inout [UInt8]) {
        let other = another()
        bytes.removeSubrange(place(bytes)...)
        bytes.append(contentsOf: other[place(other)...])
    }

    /// Removes, repeats, moves or adds a line, or changes how it ends.
    private mutating func damageLine(_ bytes: inout [UInt8]) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let one = number(0...(lines.count - 1))
        switch number(0...5) {
        case 0: lines.remove(at: one)
        case 1: lines.insert(lines[one], at: number(0...lines.count))
        case 2: lines.swapAt(one, number(0...(lines.count - 1)))
        case 3: lines.insert(ArraySlice(pick(MutationWords.lines)), at: one)
        case 4:
            guard let line = another().split(separator: UInt8(ascii: "\n")).randomElement(using: &generator) else { return }
            lines.insert(line, at: one)
        default: lines[one].append(UInt8(ascii: "\r"))
        }
        bytes = Array(lines.joined(separator: CollectionOfOne(UInt8(ascii: "\n"))))
    }

    // MARK: Chance

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    mutating func pick(_ words: [[UInt8]]) -> [UInt8] { words.randomElement(using: &generator) ?? [] }

    /// One of the corpus.
    mutating func another() -> [UInt8] { corpus.randomElement(using: &generator) ?? [] }

    private mutating func place(_ bytes: [UInt8]) -> Int { number(0...bytes.count) }

    /// A short part of the bytes, now and then a long one.
    private mutating func stretch(_ bytes: [UInt8]) -> Range<Int> {
        let start = place(bytes)
        let longest = [1, 4, 64, 2048].randomElement(using: &generator) ?? 1
        return start..<min(bytes.count, start + number(0...longest))
    }
}
