internal import Envelope
internal import Glibc

extension Checker {
    // MARK: Objects

    mutating func check(_ rules: ObjectRules, object item: Int) -> Truth {
        let base = seen.count
        take(rules.members.count / 8)
        seen.append(contentsOf: repeatElement(false, count: rules.members.count))
        defer { seen.removeLast(seen.count - base) }
        var truth = Truth.valid
        for value in answer.children(of: item) {
            if rules.members.isEmpty && rules.patterns.isEmpty && rules.additional == nil && rules.names == nil { break }
            truth = truth.and(check(rules, member: value, seenFrom: base))
            if truth == .invalid && isQuiet || isExhausted { return truth.and(isExhausted ? .unknown : .valid) }
        }
        for member in rules.required where !seen[base + member] {
            truth = truth.and(fail(item, .missing(name: rules.members[member].name)))
        }
        truth = truth.and(expectCount(answer[item].count, rules.count, item, .members))
        for (trigger, needed) in rules.dependentMembers where seen[base + trigger] && !seen[base + needed] {
            truth = truth.and(fail(item, .missing(name: rules.members[needed].name)))
        }
        for (trigger, node) in rules.dependentNodes where seen[base + trigger] {
            truth = truth.and(check(node, item))
        }
        take(rules.required.count / 8 + rules.dependentMembers.count / 8 + rules.dependentNodes.count / 8)
        return truth
    }

    private mutating func check(_ rules: ObjectRules, member value: Int, seenFrom base: Int) -> Truth {
        take(1)
        var truth = Truth.valid
        var isKnown = Truth.invalid
        if let member = place(of: value - 1, in: rules.members) {
            seen[base + member] = true
            if let node = rules.members[member].node {
                isKnown = .valid
                truth = check(node, value)
            }
        }
        for (pattern, node) in rules.patterns {
            switch match(pattern, value - 1) {
            case .valid:
                isKnown = .valid
                truth = truth.and(check(node, value))
            case .unknown:
                if isKnown == .invalid { isKnown = .unknown }
                if checkQuietly(node, value) != .valid { truth = truth.and(.unknown) }
            case .invalid: break
            }
        }
        if let additional = rules.additional, isKnown != .valid {
            if isKnown == .invalid {
                truth = truth.and(check(additional, value))
            } else if checkQuietly(additional, value) != .valid {
                truth = truth.and(.unknown)
            }
        }
        if let names = rules.names { truth = truth.and(check(names, value - 1)) }
        return truth
    }

    /// Which of the named members a name is: a binary search.
    private func place(of key: Int, in members: [ObjectRules.Member]) -> Int? {
        guard !members.isEmpty else { return nil }
        return answer.withUTF8(key) { name in
            var range = 0..<members.count
            while !range.isEmpty {
                let middle = (range.lowerBound + range.upperBound) / 2
                let order = Self.order(name, schemaItems.bytes[members[middle].name])
                if order == 0 { return middle }
                range = order < 0 ? range.lowerBound..<middle : (middle + 1)..<range.upperBound
            }
            return nil
        }
    }

    private static func order(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        guard left.count == right.count, let first = left.baseAddress, let second = right.baseAddress else {
            return left.count - right.count
        }
        return Int(memcmp(first, second, left.count))
    }

    // MARK: Arrays

    mutating func check(_ rules: ArrayRules, array item: Int) -> Truth {
        var truth = Truth.valid
        if !rules.prefix.isEmpty || rules.rest != nil {
            var position = 0
            for element in answer.children(of: item) {
                guard let node = position < rules.prefix.count ? rules.prefix[position] : rules.rest else { break }
                truth = truth.and(check(node, element))
                if truth == .invalid && isQuiet || isExhausted { return truth.and(isExhausted ? .unknown : .valid) }
                position += 1
            }
        }
        truth = truth.and(expectCount(answer[item].count, rules.count, item, .elements))
        if let contained = rules.contains { truth = truth.and(check(contained, rules.containsCount, in: item)) }
        if rules.isUnique {
            let repetition = repeatedElement(of: item)
            truth = truth.and(expect(repetition == nil, repetition ?? item, .repeated))
        }
        return truth
    }

    private mutating func check(_ contained: Int, _ counts: Counts, in item: Int) -> Truth {
        var fitting = 0
        var unknown = 0
        for element in answer.children(of: item) {
            switch checkQuietly(contained, element) {
            case .valid: fitting += 1
            case .unknown: unknown += 1
            case .invalid: break
            }
            if isExhausted { return .unknown }
        }
        if fitting + unknown < counts.least { return fail(item, .tooFew(.fitting, fitting, least: counts.least)) }
        if fitting > counts.most { return fail(item, .tooMany(.fitting, fitting, most: counts.most)) }
        return fitting >= counts.least && fitting + unknown <= counts.most ? .valid : .unknown
    }
}
