internal import Envelope

/// What is wrong with a value.
enum Fault {
    case forbidden
    case type(TypeSet)
    case constant(item: Int)
    case enumeration(item: Int)
    case bound(Bound, item: Int)
    case multiple(item: Int)
    case pattern(item: Int)
    case missing(name: ByteRange)
    case tooFew(Counted, Int, least: Int)
    case tooMany(Counted, Int, most: Int)
    case repeated
    case noForm(count: Int)
    case severalForms
    case unwanted
}

enum Counted {
    case length
    case members
    case elements
    /// Elements that fit `contains`.
    case fitting

    func description(_ count: Int) -> String {
        let isOne = count == 1
        return switch self {
        case .length: isOne ? "1 character" : "\(count) characters"
        case .members: isOne ? "1 member" : "\(count) members"
        case .elements: isOne ? "1 element" : "\(count) elements"
        case .fitting: isOne ? "1 element of the wanted form" : "\(count) elements of the wanted form"
        }
    }
}

/// A fault and where it is; words are made of it only for those that are told.
struct Finding {
    /// The value in the answer, or the name of a member.
    let item: Int
    let fault: Fault

    func problem(answer: JSONItems, schema: JSONItems) -> Problem {
        let message = message(answer, schema)
        let place = answer.place(of: item)
        return Problem(path: place.pointer, message: place.isName ? "its name \(message)" : message)
    }

    private func message(_ answer: JSONItems, _ schema: JSONItems) -> String {
        switch fault {
        case .forbidden: return "is not allowed here"
        case .type(let types):
            let allowed = TypeSet.names.filter { types.contains($0.type) }.map(\.description).joined(separator: " or ")
            let isFraction = answer[item].kind == .number && types.contains(.integer)
            return
                "is \(answer[item].kind.description)\(isFraction ? " with a fraction" : ""), must be \(allowed.isEmpty ? "absent" : allowed)"
        case .constant(let value): return "must be \(Self.text(schema, value))"
        case .enumeration(let list):
            let allowed = schema.children(of: list).prefix(20).map { Self.text(schema, $0) }.joined(separator: ", ")
            return "must be one of \(allowed)\(schema[list].count > 20 ? ", …" : "")"
        case .bound(let bound, let limit): return "must be \(Self.words(bound)) \(Self.text(schema, limit))"
        case .multiple(let divisor): return "must be a multiple of \(Self.text(schema, divisor))"
        case .pattern(let pattern): return "must match the pattern \(schema.string(pattern).clipped)"
        case .missing(let name): return "lacks the member \"\(String(decoding: schema.bytes[name], as: UTF8.self).clipped)\""
        case .tooFew(let thing, let count, let least): return "has \(thing.description(count)), must have at least \(least)"
        case .tooMany(let thing, let count, let most): return "has \(thing.description(count)), must have at most \(most)"
        case .repeated: return "repeats an earlier element, all must differ"
        case .noForm(let count): return count == 1 ? "is not of the form allowed here" : "is of none of the \(count) forms allowed here"
        case .severalForms: return "is of more than one of the forms of which it must be exactly one"
        case .unwanted: return "is of a form that is not allowed here"
        }
    }

    private static func words(_ bound: Bound) -> String {
        switch bound {
        case .minimum: "at least"
        case .maximum: "at most"
        case .exclusiveMinimum: "more than"
        case .exclusiveMaximum: "less than"
        }
    }

    private static func text(_ schema: JSONItems, _ item: Int) -> String {
        String(decoding: schema.text(item), as: UTF8.self).clipped
    }
}
