internal import Envelope

extension Checker {
    /// `anyOf`, or with `isExclusive` `oneOf`.
    ///
    /// Where none fits but all except one are ruled out by the kind of value they want, what is wrong with that one is told.
    mutating func checkForms(_ list: Range<Int>, _ item: Int, isExclusive: Bool) -> Truth {
        let start = findings.count
        let isQuiet = isQuiet
        var fitting = 0
        var unknown = 0
        var likely = 0
        for index in list {
            let mark = findings.count
            switch isQuiet ? check(schema.lists[index], item) : checkForm(schema.lists[index], item) {
            case .valid:
                fitting += 1
                keepFindings(before: start)
                if !isExclusive { return .valid }
            case .unknown:
                unknown += 1
                keepFindings(before: mark)
            case .invalid:
                guard !isQuiet else { continue }
                let isRuledOut = Array(findings[mark...]).contains { rulesOut($0, item) }
                if !isRuledOut { likely += 1 }
                if isRuledOut || likely > 1 || fitting > 0 { keepFindings(before: mark) }
            }
            if fitting > 1 { return fail(item, .severalForms) }
        }
        if unknown == 0 && fitting == 0 && likely == 1 && !isExhausted {
            keepFindings()
            return .invalid
        }
        keepFindings(before: start)
        if unknown > 0 { return .unknown }
        return fitting == 1 ? .valid : fail(item, .noForm(count: list.count))
    }

    /// True if a finding says that the value, or the member by which forms are told apart, is of another kind.
    private mutating func rulesOut(_ finding: Finding, _ item: Int) -> Bool {
        switch finding.fault {
        case .type, .forbidden: return finding.item == item
        case .constant, .enumeration:
            if finding.item == item { return true }
            take(answer[item].count / 4)
            return answer.children(of: item).contains(finding.item)
        default: return false
        }
    }

    mutating func check(if condition: Int, then: Int?, else otherwise: Int?, _ item: Int) -> Truth {
        switch checkQuietly(condition, item) {
        case .valid: return then.map { check($0, item) } ?? .valid
        case .invalid: return otherwise.map { check($0, item) } ?? .valid
        case .unknown:
            let isValidAnyway =
                (then.map { checkQuietly($0, item) } ?? .valid) == .valid && (otherwise.map { checkQuietly($0, item) } ?? .valid) == .valid
            return isValidAnyway ? .valid : .unknown
        }
    }
}
