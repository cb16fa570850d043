/// What is known of a value and a schema; some schemas cannot be checked here, or not with bounded work.
enum Truth {
    case valid
    case invalid
    case unknown

    /// Both hold: one that does not decides, whatever is unknown.
    func and(_ other: Truth) -> Truth {
        if self == .invalid || other == .invalid { return .invalid }
        return self == .unknown || other == .unknown ? .unknown : .valid
    }

    var negated: Truth {
        switch self {
        case .valid: .invalid
        case .invalid: .valid
        case .unknown: .unknown
        }
    }
}
