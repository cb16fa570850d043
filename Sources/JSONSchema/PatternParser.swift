/// Reads a pattern: https://tc39.es/ecma262/#sec-patterns
struct PatternParser {
    /// Most groups within one another.
    private static let depthLimit = 50

    private let pattern: [UInt32]
    private var position = 0
    private var depth = 0

    init(_ pattern: String) {
        self.pattern = pattern.unicodeScalars.map(\.value)
    }

    mutating func parse() throws(UnknownPattern) -> PatternPart {
        let part = try choice()
        guard position == pattern.count else { throw UnknownPattern() }
        return part
    }

    private mutating func choice() throws(UnknownPattern) -> PatternPart {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw UnknownPattern() }
        var choices: [PatternPart] = []
        repeat { choices.append(try sequence()) } while take("|")
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func sequence() throws(UnknownPattern) -> PatternPart {
        var parts: [PatternPart] = []
        while let next = peek, next != "|", next != ")" { parts.append(try term()) }
        return .sequence(parts)
    }

    private mutating func term() throws(UnknownPattern) -> PatternPart {
        if take("^") { return .anchor(.start) }
        if take("$") { return .anchor(.end) }
        let part = try atom()
        guard let (least, most) = try quantifier() else { return part }
        if case .anchor = part { throw UnknownPattern() }
        _ = take("?")
        return .repetition(part, least: least, most: most)
    }

    private mutating func atom() throws(UnknownPattern) -> PatternPart {
        let first = try next()
        switch Unicode.Scalar(first) {
        case ".": return .set(ScalarSet.lineEnd.negated())
        case "(": return try group()
        case "[": return .set(try characterClass())
        case "\\": return try escape()
        case "*", "+", "?", "{": throw UnknownPattern()
        default: return .scalar(first)
        }
    }

    private mutating func group() throws(UnknownPattern) -> PatternPart {
        var isLook = false
        var isNegative = false
        if take("?") {
            if take("=") {
                isLook = true
            } else if take("!") {
                (isLook, isNegative) = (true, true)
            } else if take("<") {
                guard peek != "=", peek != "!" else { throw UnknownPattern() }
                while !take(">") { _ = try next() }
            } else if !take(":") {
                throw UnknownPattern()
            }
        }
        let part = try choice()
        guard take(")") else { throw UnknownPattern() }
        return isLook ? .look(part, isNegative: isNegative) : part
    }

    // MARK: Quantifiers

    private mutating func quantifier() throws(UnknownPattern) -> (least: Int, most: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard take("{") else { return nil }
        guard let least = try number() else { throw UnknownPattern() }
        var most: Int? = least
        if take(",") { most = try number() }
        guard take("}"), most.map({ $0 >= least }) ?? true else { throw UnknownPattern() }
        return (least, most)
    }

    private mutating func number() throws(UnknownPattern) -> Int? {
        var value: Int?
        while let digit = peek, ("0"..."9").contains(digit) {
            value = (value ?? 0) * 10 + Int(digit.value - 0x30)
            position += 1
            guard value ?? 0 <= Pattern.sizeLimit else { throw UnknownPattern() }
        }
        return value
    }

    // MARK: Escapes

    private mutating func escape() throws(UnknownPattern) -> PatternPart {
        if take("b") { return .anchor(.wordBoundary) }
        if take("B") { return .anchor(.noWordBoundary) }
        if let set = try classEscape() { return .set(set) }
        return .scalar(try characterEscape())
    }

    /// What follows a backslash, if it stands for a set.
    private mutating func classEscape() throws(UnknownPattern) -> ScalarSet? {
        if take("d") { return .digit }
        if take("D") { return .digit.negated() }
        if take("w") { return .word }
        if take("W") { return .word.negated() }
        if take("s") { return .space }
        if take("S") { return .space.negated() }
        guard let letter = peek, letter == "p" || letter == "P" else { return nil }
        position += 1
        guard take("{") else { throw UnknownPattern() }
        var name = ""
        while !take("}") { name.unicodeScalars.append(Unicode.Scalar(try next()) ?? " ") }
        for prefix in ["General_Category=", "gc="] where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
        guard let set = ScalarSet(category: name, isNegated: letter == "P") else { throw UnknownPattern() }
        return set
    }

    /// What follows a backslash, if it stands for one character.
    private mutating func characterEscape() throws(UnknownPattern) -> UInt32 {
        let code = try next()
        guard let letter = Unicode.Scalar(code) else { throw UnknownPattern() }
        switch letter {
        case "t": return 0x09
        case "n": return 0x0A
        case "v": return 0x0B
        case "f": return 0x0C
        case "r": return 0x0D
        case "0":
            if let digit = peek, ("0"..."9").contains(digit) { throw UnknownPattern() }
            return 0
        case "c":
            guard let control = peek, ("a"..."z").contains(control) || ("A"..."Z").contains(control) else { throw UnknownPattern() }
            position += 1
            return control.value & 0x1F
        case "x": return try hexadecimal(2)
        case "u": return try unicodeEscape()
        case "a"..."z", "A"..."Z", "1"..."9": throw UnknownPattern()
        default: return code
        }
    }

    private mutating func unicodeEscape() throws(UnknownPattern) -> UInt32 {
        if take("{") {
            var value: UInt32 = 0
            while !take("}") {
                value = value << 4 | (try hexadecimal(1))
                guard value <= 0x10FFFF else { throw UnknownPattern() }
            }
            return value
        }
        let unit = try hexadecimal(4)
        guard unit & 0xFC00 == 0xD800 else { return unit }
        guard take("\\"), take("u") else { throw UnknownPattern() }
        let low = try hexadecimal(4)
        guard low & 0xFC00 == 0xDC00 else { throw UnknownPattern() }
        return 0x10000 + (unit & 0x3FF) << 10 | low & 0x3FF
    }

    private mutating func hexadecimal(_ count: Int) throws(UnknownPattern) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = Unicode.Scalar(try next()), let number = Character(digit).hexDigitValue, digit.isASCII else {
                throw UnknownPattern()
            }
            value = value << 4 | UInt32(number)
        }
        return value
    }

    // MARK: Classes

    private mutating func characterClass() throws(UnknownPattern) -> ScalarSet {
        var set = ScalarSet()
        let isNegated = take("^")
        while !take("]") {
            guard let first = try classMember(into: &set) else { continue }
            guard peek == "-", position + 1 < pattern.count, pattern[position + 1] != 0x5D else {
                set.insert(first...first)
                continue
            }
            position += 1
            var other = ScalarSet()
            guard let last = try classMember(into: &other), first <= last else { throw UnknownPattern() }
            set.insert(first...last)
        }
        set.isNegated = isNegated
        return set
    }

    /// One character of a class; `nil` where it is a set, which is then in `set`.
    private mutating func classMember(into set: inout ScalarSet) throws(UnknownPattern) -> UInt32? {
        guard take("\\") else { return try next() }
        if take("b") { return 0x08 }
        guard let inner = try classEscape() else { return try characterEscape() }
        set.formUnion(inner)
        return nil
    }

    // MARK: Small steps

    private var peek: Unicode.Scalar? {
        position < pattern.count ? Unicode.Scalar(pattern[position]) : nil
    }

    private mutating func next() throws(UnknownPattern) -> UInt32 {
        guard position < pattern.count else { throw UnknownPattern() }
        position += 1
        return pattern[position - 1]
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        position += 1
        return true
    }
}
