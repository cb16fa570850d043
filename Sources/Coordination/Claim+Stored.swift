/// A claim as Redis keeps it: a letter for the state, the generation, a space, the root, a line feed, the place, a line feed, and the
/// result.
extension Claim {
    /// All but the result.
    var storedHead: String {
        let letter =
            switch state {
            case .open: "o"
            case .paid: "p"
            case .answered: "a"
            case .failed: "f"
            }
        return "\(letter)\(generation) \(root)\n\(place ?? "")\n"
    }

    /// Empty unless the claim is paid.
    var storedResult: [UInt8] {
        if case .paid(let result) = state { result } else { [] }
    }

    /// Reads it back.
    ///
    /// - Returns: nil if it is none.
    init?(stored: [UInt8]) {
        guard let letter = stored.first, let space = stored.firstIndex(of: UInt8(ascii: " ")),
            let generation = Int(String(decoding: stored[1..<space], as: UTF8.self)),
            let rootEnd = stored[space...].firstIndex(of: UInt8(ascii: "\n")),
            let placeEnd = stored[(rootEnd + 1)...].firstIndex(of: UInt8(ascii: "\n"))
        else { return nil }
        let state: State
        switch letter {
        case UInt8(ascii: "o"): state = .open
        case UInt8(ascii: "p"): state = .paid(Array(stored[(placeEnd + 1)...]))
        case UInt8(ascii: "a"): state = .answered
        case UInt8(ascii: "f"): state = .failed
        default: return nil
        }
        let place = String(decoding: stored[(rootEnd + 1)..<placeEnd], as: UTF8.self)
        self.init(
            root: String(decoding: stored[(space + 1)..<rootEnd], as: UTF8.self), generation: generation,
            place: place.isEmpty ? nil : place, state: state)
    }
}
