/// Kafka's rule for the names of topics.
enum TopicName {
    /// - Throws: a complaint naming what the rule forbids.
    static func check(_ name: String) throws(Complaint) {
        guard !name.isEmpty else { throw Complaint("names no topic") }
        guard name.utf8.count <= 249 else { throw Complaint("has a topic name of more than 249 characters") }
        guard name != ".", name != ".." else { throw Complaint("cannot be '\(name)'") }
        guard name.utf8.allSatisfy(isAllowed) else {
            throw Complaint("'\(name)' is no topic name: letters, digits, '.', '_' and '-' make one")
        }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
