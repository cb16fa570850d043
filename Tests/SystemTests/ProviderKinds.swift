/// The wire formats as configurations name them, and where the simulator speaks them.
enum ProviderKind: String, CaseIterable, Sendable {
    case openai, anthropic, gemini, cerebras, cohere

    private var path: String {
        switch self {
        case .openai, .anthropic: "/v1"
        case .gemini: "/v1beta"
        case .cerebras: "/cerebras/v1"
        case .cohere: "/v2"
        }
    }

    /// A line of the configuration's section `providers`.
    func line(port: Int, keys: String = "api_key: env:PROVIDER_KEY") -> String {
        "\(rawValue): {kind: \(rawValue), base_url: \"http://127.0.0.1:\(port)\(path)\", \(keys)}"
    }

    static let lines: @Sendable (Int) -> [String] = { port in allCases.map { $0.line(port: port) } }

    static let environment = ["PROVIDER_KEY": "sk-switchyard-tests"]
}
