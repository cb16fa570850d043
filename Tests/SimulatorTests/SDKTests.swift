import Foundation
import TestSupport
import Testing

@testable import Simulator

/// The Python that has the packages of Tests/Python/requirements.txt; `make test` names it.
private let python = ProcessInfo.processInfo.environment["SWITCHYARD_TEST_PYTHON"]

@Suite(.enabled(if: python != nil, "SWITCHYARD_TEST_PYTHON names no Python with the providers' SDKs"))
struct SDKTests {
    @Test func theSDKOfOpenAIFindsWhatItsTypesSay() async throws {
        var limiting = quick
        limiting.faults.rateLimited = 1
        try await withSimulator { simulator, _ in
            try await withSimulator(limiting) { limited, _ in
                let urls = [simulator, limited].map { "http://127.0.0.1:\($0.port)/v1" }
                try run("openai", urls)
            }
        }
    }

    @Test(arguments: [("anthropic", ""), ("gemini", ""), ("cohere", ""), ("cerebras", "/cerebras")])
    func theSDKOfAnotherProviderFindsWhatItsTypesSay(_ provider: String, _ path: String) async throws {
        try await withSimulator { simulator, _ in
            try run(provider, ["http://127.0.0.1:\(simulator.port)\(path)"])
            #expect(simulator.statistics.inFlight == 0 && simulator.statistics.ok > 0)
        }
    }

    private func run(_ provider: String, _ urls: [String]) throws {
        let scripts = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Python")
        try ChildProcess.run(try #require(python), [scripts.appending(path: "\(provider)_sdk_calls.py").path] + urls)
    }
}
