/// Follows all ways through a pattern at once, one character of the text at a time.
struct PatternMatcher {
    let pattern: Pattern
    let text: UnsafeRawBufferPointer

    /// Places that wait for the next character.
    private var current: [Int] = []
    private var following: [Int] = []
    private var stack: [Int] = []
    /// At which character a place was last entered, so that each is entered once.
    private var entered: [Int]
    private var character = 0

    init(pattern: Pattern, text: UnsafeRawBufferPointer) {
        self.pattern = pattern
        self.text = text
        entered = Array(repeating: -1, count: pattern.instructions.count)
    }

    /// Whether there is a match that begins at `start`, or with `isAnchored` false at it or later.
    ///
    /// - Parameter place: the first instruction; the match ends at a `found`.
    mutating func run(from place: Int, at start: Int, isAnchored: Bool, steps: inout Int) -> Bool {
        var offset = start
        steps -= entered.count / 8
        if enter(place, at: offset, steps: &steps) { return true }
        while offset < text.count {
            swap(&current, &following)
            following.removeAll(keepingCapacity: true)
            if current.isEmpty && isAnchored { return false }
            let (scalar, length) = Self.scalar(in: text, at: offset)
            offset += length
            character += 1
            steps -= 1
            for place in current where consumes(place, scalar) {
                if enter(place + 1, at: offset, steps: &steps) { return true }
            }
            if !isAnchored, enter(place, at: offset, steps: &steps) { return true }
            guard steps >= 0 else { return false }
        }
        return false
    }

    private func consumes(_ place: Int, _ scalar: UInt32) -> Bool {
        switch pattern.instructions[place] {
        case .scalar(let wanted): wanted == scalar
        case .set(let set): pattern.sets[set].contains(scalar)
        default: false
        }
    }

    /// Goes on from a place without a character. Returns true at the end of the pattern.
    private mutating func enter(_ place: Int, at offset: Int, steps: inout Int) -> Bool {
        stack.append(place)
        while let place = stack.popLast() {
            steps -= 1
            guard steps >= 0, entered[place] != character else { continue }
            entered[place] = character
            switch pattern.instructions[place] {
            case .scalar, .set: following.append(place)
            case .fork(let first, let second):
                stack.append(second)
                stack.append(first)
            case .jump(let target): stack.append(target)
            case .anchor(let anchor): if holds(anchor, at: offset) { stack.append(place + 1) }
            case .look(let end, let isNegative):
                var matcher = PatternMatcher(pattern: pattern, text: text)
                let isFound = matcher.run(from: place + 1, at: offset, isAnchored: true, steps: &steps)
                if isFound != isNegative { stack.append(end + 1) }
            case .found: return true
            }
        }
        return false
    }

    private func holds(_ anchor: Pattern.Anchor, at offset: Int) -> Bool {
        switch anchor {
        case .start: offset == 0
        case .end: offset == text.count
        case .wordBoundary: isWord(offset - 1) != isWord(offset)
        case .noWordBoundary: isWord(offset - 1) == isWord(offset)
        }
    }

    private func isWord(_ offset: Int) -> Bool {
        text.indices.contains(offset) && ScalarSet.word.contains(UInt32(text[offset]))
    }

    /// The character at `offset`, and how many bytes it has.
    private static func scalar(in text: UnsafeRawBufferPointer, at offset: Int) -> (scalar: UInt32, length: Int) {
        let first = UInt32(text[offset])
        func next(_ distance: Int) -> UInt32 { offset + distance < text.count ? UInt32(text[offset + distance]) & 0x3F : 0 }
        switch first {
        case ..<0x80: return (first, 1)
        case ..<0xE0: return ((first & 0x1F) << 6 | next(1), 2)
        case ..<0xF0: return ((first & 0x0F) << 12 | next(1) << 6 | next(2), 3)
        default: return ((first & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3), 4)
        }
    }
}
