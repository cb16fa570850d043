/// The names of members that one schema object speaks of, in UTF-8: Swift takes some different strings for equal.
struct MemberNames {
    struct Member {
        let name: [UInt8]
        /// Where the schema says it.
        let item: Int
        /// What its value must fit, if it is one of `properties`.
        let node: Int?
    }

    private var members: [[UInt8]: Member] = [:]

    /// Notes a name. The first node that is given for it counts; the properties come first.
    ///
    /// - Returns: the name in UTF-8.
    @discardableResult
    mutating func add(_ name: String, at item: Int, node: Int? = nil) -> [UInt8] {
        let name = Array(name.utf8)
        if members[name] == nil { members[name] = Member(name: name, item: item, node: node) }
        return name
    }

    /// All of them, the shorter first, and those of one length by their bytes.
    func sorted() -> [Member] {
        members.values.sorted { left, right in
            guard left.name.count == right.name.count else { return left.name.count < right.name.count }
            return left.name.lexicographicallyPrecedes(right.name)
        }
    }
}
