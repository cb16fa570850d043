/// Where a value came from.
enum Origin: Hashable, Sendable {
    case initial
    case file(String, line: Int, column: Int)
    case environment(String)
    /// A flag, `--set KEY=VALUE`.
    case override(String)

    /// The place as an error message begins with it; nil for what nobody wrote.
    var place: String? {
        switch self {
        case .initial: nil
        case .file(let path, let line, let column): "\(path):\(line):\(column)"
        case .environment(let name): name
        case .override(let key): "--set \(key)"
        }
    }

    /// The source as a listing shows it; nil for a default.
    var source: String? {
        switch self {
        case .initial: nil
        case .file(let path, let line, _): "\(path):\(line)"
        case .environment(let name): "environment \(name)"
        case .override: "--set"
        }
    }
}
