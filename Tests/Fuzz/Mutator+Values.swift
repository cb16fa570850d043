internal import TestSupport

extension Mutator {
    /// Changes what a JSON text says; it stays JSON.
    mutating func damageValue(_ bytes: inout [UInt8]) {
        let tokens = JSONTokens(bytes)
        switch number(0...12) {
        case 0, 1:
            guard let (_, part) = tokens.part(using: &generator) else { return }
            bytes.removeSubrange(part)
        case 2: repeatPart(tokens, &bytes)
        case 3: addMember(tokens, &bytes)
        case 4: renameMember(tokens, &bytes)
        case 5, 6: replaceValue(tokens, &bytes)
        case 7: swapValues(tokens, &bytes)
        case 8: nest(tokens, &bytes)
        default: changeScalar(tokens, &bytes)
        }
    }

    private mutating func repeatPart(_ tokens: JSONTokens, _ bytes: inout [UInt8]) {
        guard let (part, _) = tokens.part(using: &generator) else { return }
        let copy = [UInt8(ascii: ",")] + bytes[part]
        let copies = min([1, 1, 1, 1, 1, 1, 40, 1000].randomElement(using: &generator) ?? 1, Self.mostBytes / copy.count)
        bytes.insert(contentsOf: repeatElement(copy, count: copies).joined(), at: part.upperBound)
    }

    /// Puts a member, its own or one of another input, beside one.
    private mutating func addMember(_ tokens: JSONTokens, _ bytes: inout [UInt8]) {
        guard let key = tokens.key(using: &generator) else { return }
        var added = pick(MutationWords.members)
        if Bool.random(using: &generator) {
            let other = another()
            let others = JSONTokens(other)
            guard let name = others.key(using: &generator), let value = others.value(using: &generator) else { return }
            added = other[name] + [UInt8(ascii: ":")] + other[value]
        }
        bytes.insert(contentsOf: added + [UInt8(ascii: ",")], at: key.lowerBound)
    }

    private mutating func renameMember(_ tokens: JSONTokens, _ bytes: inout [UInt8]) {
        let other = Bool.random(using: &generator) ? bytes : another()
        guard let key = tokens.key(using: &generator), let name = JSONTokens(other).key(using: &generator) else { return }
        bytes.replaceSubrange(key, with: Array(other[name]))
    }

    private mutating func replaceValue(_ tokens: JSONTokens, _ bytes: inout [UInt8]) {
        let other = Bool.random(using: &generator) ? bytes : another()
        guard let value = tokens.value(using: &generator), let new = JSONTokens(other).value(using: &generator) else { return }
        bytes.replaceSubrange(value, with: Array(other[new]))
    }

    private mutating func swapValues(_ tokens: JSONTokens, _ bytes: inout [UInt8]) {
        guard let value = tokens.value(using: &generator), let other = tokens.value(using: &generator) else { return }
        let (first, second) = value.lowerBound < other.lowerBound ? (value, other) : (other, value)
        guard first.upperBound <= second.lowerBound else { return }
        bytes = Array(
            bytes[..<first.lowerBound] + bytes[second] + bytes[first.upperBound..<second.lowerBound] + bytes[first]
                + bytes[second.upperBound...])
    }

    /// Puts a value into arrays or objects, now and then into more than a scanner accepts.
    private mutating func nest(_ tokens: JSONTokens, _ bytes: inout [UInt8]) {
        guard let value = tokens.value(using: &generator) else { return }
        let depth = [1, 1, 1, 2, 100, 130, 4000].randomElement(using: &generator) ?? 1
        let (open, close) = Bool.random(using: &generator) ? ("[", "]") : (#"{"a":"#, "}")
        bytes.insert(contentsOf: String(repeating: close, count: depth).utf8, at: value.upperBound)
        bytes.insert(contentsOf: String(repeating: open, count: depth).utf8, at: value.lowerBound)
    }

    /// Puts an extreme in a number's place and odd text into a string; or another kind of value in its place.
    private mutating func changeScalar(_ tokens: JSONTokens, _ bytes: inout [UInt8]) {
        guard let value = tokens.value(using: &generator) else { return }
        switch bytes[value.lowerBound] {
        case UInt8(ascii: "\"") where value.count >= 2 && number(0...3) > 0:
            let inside = (value.lowerBound + 1)..<(value.upperBound - 1)
            // After an escape's backslash nothing fits.
            let place = bytes[inside].contains(UInt8(ascii: "\\")) ? inside.lowerBound : number(inside.lowerBound...inside.upperBound)
            bytes.replaceSubrange(Bool.random(using: &generator) ? inside : place..<place, with: pick(MutationWords.texts))
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): bytes.replaceSubrange(value, with: pick(MutationWords.numbers))
        default: bytes.replaceSubrange(value, with: pick(MutationWords.scalars))
        }
    }
}
