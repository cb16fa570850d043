internal import Envelope

extension Checker {
    mutating func isOne(of types: TypeSet, _ item: Int) -> Bool {
        let kind = answer[item].kind
        if types.contains(TypeSet(kind)) { return true }
        return kind == .number && types.contains(.integer) && number(item).isInteger
    }

    static func isWithin(_ number: DecimalNumber, _ bound: Bound, _ limit: DecimalNumber) -> Bool {
        switch bound {
        case .minimum: number >= limit
        case .maximum: number <= limit
        case .exclusiveMinimum: number > limit
        case .exclusiveMaximum: number < limit
        }
    }

    /// True if the two are the same JSON value: numbers by value, objects in any order.
    mutating func isEqual(_ item: Int, toSchema other: Int) -> Bool {
        isEqual(item, other, in: schemaItems)
    }

    /// The first element of an array that equals an earlier one.
    mutating func repeatedElement(of item: Int) -> Int? {
        take((answer[item].next - item) * 8 + answer[item].range.count / 8)
        guard !isExhausted else { return nil }
        var last: [Int: Int] = Dictionary(minimumCapacity: answer[item].count)
        // The element before of the same hash, where there is one.
        var previous: [Int: Int] = [:]
        for element in answer.children(of: item) {
            let hash = hash(of: element)
            var other = last.updateValue(element, forKey: hash)
            previous[element] = other
            while let earlier = other {
                if isEqual(element, earlier, in: answer) { return element }
                if isExhausted { return nil }
                other = previous[earlier]
            }
        }
        return nil
    }

    private mutating func isEqual(_ item: Int, _ other: Int, in others: JSONItems) -> Bool {
        take(1)
        guard !isExhausted, answer[item].kind == others[other].kind else { return false }
        switch answer[item].kind {
        case .null: return true
        case .boolean: return answer[item].range.count == others[other].range.count
        case .number: return number(item) == others.number(other)
        case .string: return isEqual(string: item, other, in: others)
        case .array:
            guard answer[item].count == others[other].count else { return false }
            for (element, counterpart) in zip(answer.children(of: item), others.children(of: other)) {
                guard isEqual(element, counterpart, in: others) else { return false }
            }
            return true
        case .object:
            guard answer[item].count == others[other].count else { return false }
            for value in answer.children(of: item) {
                var counterpart: Int?
                for candidate in others.children(of: other) where counterpart == nil {
                    if isEqual(string: value - 1, candidate - 1, in: others) { counterpart = candidate }
                }
                guard let counterpart, isEqual(value, counterpart, in: others) else { return false }
            }
            return true
        }
    }

    private mutating func isEqual(string item: Int, _ other: Int, in others: JSONItems) -> Bool {
        let (mine, its) = (answer[item], others[other])
        guard mine.hasEscapes || its.hasEscapes else {
            guard mine.range.count == its.range.count else { return false }
            take(1 + mine.range.count / 8)
            return answer.text(item).elementsEqual(others.text(other))
        }
        take(1 + (mine.range.count + its.range.count) / 4)
        return answer.withUTF8(item) { first in others.withUTF8(other) { first.elementsEqual($0) } }
    }

    /// Equal values have equal hashes.
    private func hash(of item: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(answer[item].kind)
        switch answer[item].kind {
        case .null: break
        case .boolean: hasher.combine(answer[item].range.count)
        case .number: hasher.combine(answer.number(item))
        case .string: answer.withUTF8(item) { hasher.combine(bytes: $0) }
        case .array:
            for element in answer.children(of: item) { hasher.combine(hash(of: element)) }
        case .object:
            var sum = 0
            for value in answer.children(of: item) { sum &+= hash(of: value - 1) &* 31 ^ hash(of: value) }
            hasher.combine(sum)
        }
        return hasher.finalize()
    }
}
