/// Finds the name that a misspelt one was probably meant to be.
enum NearestName {
    /// The name with the fewest edits from `name`, if they are few enough to be a slip.
    static func of(_ name: String, among names: [String]) -> String? {
        let wanted = Array(name.lowercased().utf8.prefix(96))
        let limit = min(max(2, wanted.count / 3), wanted.count - 1)
        var best: (name: String, distance: Int)?
        for candidate in names {
            let distance = distance(wanted, Array(candidate.lowercased().utf8))
            if distance <= limit, distance < best?.distance ?? Int.max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// A question to end an error message with; empty if no name is near.
    static func question(_ name: String, among names: [String], prefix: String = "") -> String {
        of(name, among: names).map { "; did you mean \(prefix)\($0)?" } ?? ""
    }

    /// Edits (insert, delete, replace) between two names.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var last = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                current.append(min(last[column + 1] + 1, current[column] + 1, last[column] + (byte == other ? 0 : 1)))
            }
            last = current
        }
        return last[right.count]
    }
}
