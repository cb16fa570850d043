/// A claim as Redis keeps it: a letter for the state, the generation, a space, the root, a line feed, the place, a line feed, and the
/// result.
extension Claim {
    var stored: [UInt8] {
        let letter =
            switch state {
            case .open: UInt8(ascii: "o")
            case .paid: UInt8(ascii: "p")
            case .answered: UInt8(ascii: "a")
            case .failed: UInt8(ascii: "f")
            }
        let result: [UInt8] = if case .paid(let result) = state { result } else { [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(root.utf8.count + (place?.utf8.count ?? 0) + result.count + 24)
        bytes.append(letter)
        bytes.append(contentsOf: generation.description.utf8)
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: root.utf8)
        bytes.append(UInt8(ascii: "\n"))
        if let place { bytes.append(contentsOf: place.utf8) }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: result)
        return bytes
    }

    /// Reads it back.
    ///
    /// - Returns: nil if it is none.
    init?(stored: [UInt8]) {
        guard let letter = stored.first, let space = stored[1...].firstIndex(of: UInt8(ascii: " ")),
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
