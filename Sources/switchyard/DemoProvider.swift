import Foundation

/// Whom the demo asks.
enum DemoProvider: Sendable {
    case simulator
    case real(baseURL: String, hasKey: Bool, model: String)

    var name: String {
        switch self {
        case .simulator: "the simulated provider"
        case .real(let baseURL, _, let model): "\(model) at \(baseURL)"
        }
    }

    /// What the requests name as their model.
    var model: String {
        switch self {
        case .simulator: "default"
        case .real(_, _, let model): "real/\(model)"
        }
    }

    /// The real provider, if the environment names one and the person at the terminal agrees to pay for it.
    static func choose(model: String, confirmed: Bool) -> DemoProvider {
        let environment = ProcessInfo.processInfo.environment
        let hasKey = !(environment["OPENAI_API_KEY"] ?? "").isEmpty
        guard hasKey || environment["SWITCHYARD_BASE_URL"] != nil else { return .simulator }
        let baseURL = environment["SWITCHYARD_BASE_URL"] ?? "https://api.openai.com/v1"
        let real = DemoProvider.real(baseURL: baseURL, hasKey: hasKey, model: model)
        if confirmed { return real }
        guard isatty(0) == 1 else {
            Console.note("a real provider is configured; --yes asks it, the simulated one is asked now")
            return .simulator
        }
        print("Ask \(real.name) instead of the simulated provider? It may cost money. [y/N] ", terminator: "")
        fflush(nil)
        return readLine()?.lowercased().hasPrefix("y") == true ? real : .simulator
    }
}
