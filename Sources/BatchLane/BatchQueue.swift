internal import Envelope

/// Which requests may be in one batch: those to one model, of one type. Those with deadlines of their own are kept apart, since what is
/// cancelled is a whole batch.
struct BatchQueue: Hashable {
    let provider: String
    let model: String
    let type: RequestType
    let isHurried: Bool

    /// As Redis keeps it. A length keeps names apart that contain the separator.
    var name: String { "\(isHurried ? "hurried" : "usual"):\(type.rawValue):\(provider.utf8.count):\(provider):\(model)" }

    /// Whether the name can stand in a stored batch. A model with a line break in its name exists nowhere.
    var isStorable: Bool { !name.utf8.contains(UInt8(ascii: "\n")) }

    init(provider: String, model: String, type: RequestType, isHurried: Bool) {
        self.provider = provider
        self.model = model
        self.type = type
        self.isHurried = isHurried
    }

    /// Reads a `name` back.
    init?(_ name: String) {
        let parts = name.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "hurried" || parts[0] == "usual", let type = RequestType(rawValue: String(parts[1])),
            let length = Int(parts[2]), length >= 0
        else { return nil }
        let rest = parts[3].utf8
        guard rest.count > length, rest.dropFirst(length).first == UInt8(ascii: ":"), let provider = String(rest.prefix(length)),
            let model = String(rest.dropFirst(length + 1))
        else { return nil }
        self.init(provider: provider, model: model, type: type, isHurried: parts[0] == "hurried")
    }
}
