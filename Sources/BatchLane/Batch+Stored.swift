/// A batch as Redis keeps it: words, of which a letter for the phase is the first, and the queue's name after them.
extension Batch {
    private static let separator: Character = "\n"

    var stored: String {
        let words: [String]
        switch phase {
        case .gathering: words = ["g"]
        case .ready(let failures, let notBefore): words = ["r", "\(failures)", "\(notBefore)"]
        case .sending(let key, let at): words = ["s", "\(key)", "\(at)"]
        case .submitted(let key, let id, let at, let looked, let isCancelled):
            words = ["u", "\(key)", "\(at)", "\(looked)", isCancelled ? "1" : "0", id]
        case .ended(let key, let at, let milliseconds, let results, let otherwise):
            words = ["e", "\(key)", "\(at)", "\(milliseconds)", otherwise.rawValue] + results
        }
        return ([queue, "\(size)"] + words).joined(separator: "\(Self.separator)")
    }

    /// Reads it back.
    ///
    /// - Returns: nil if it is none.
    init?(name: String, stored: String) {
        let words = stored.split(separator: Self.separator, omittingEmptySubsequences: false).map { String($0) }
        guard words.count >= 3, let size = Int(words[1]), let phase = Self.phase(Array(words[2...])) else { return nil }
        self.init(name: name, queue: words[0], size: size, phase: phase)
    }

    private static func phase(_ words: [String]) -> Phase? {
        func number(_ index: Int) -> Int64? { index < words.count ? Int64(words[index]) : nil }
        switch words[0] {
        case "g": return .gathering
        case "r":
            guard let failures = number(1), let notBefore = number(2) else { return nil }
            return .ready(failures: Int(failures), notBefore: notBefore)
        case "s":
            guard let key = number(1), let at = number(2) else { return nil }
            return .sending(key: Int(key), at: at)
        case "u":
            guard words.count == 6, let key = number(1), let at = number(2), let looked = number(3) else { return nil }
            return .submitted(key: Int(key), id: words[5], at: at, looked: looked, isCancelled: words[4] == "1")
        case "e":
            guard words.count >= 5, let key = number(1), let at = number(2), let milliseconds = number(3),
                let otherwise = BatchEntry.Reason(rawValue: words[4])
            else { return nil }
            return .ended(key: Int(key), at: at, milliseconds: milliseconds, results: Array(words[5...]), otherwise: otherwise)
        default: return nil
        }
    }
}
