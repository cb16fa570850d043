import Foundation
import TestSupport
import Testing

@testable import Simulator

/// The Python that has the packages of Tests/Python/requirements.txt; `make test` names it.
private let python = ProcessInfo.processInfo.environment["SWITCHYARD_TEST_PYTHON"]

@Suite struct OpenAISDKTests {
    @Test(.enabled(if: python != nil, "SWITCHYARD_TEST_PYTHON names no Python with OpenAI's SDK"))
    func theOfficialSDKFindsWhatItsTypesSay() async throws {
        var limiting = quick
        limiting.faults.rateLimited = 1
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Python/openai_sdk_calls.py").path
        try await withSimulator { simulator, _ in
            try await withSimulator(limiting) { limited, _ in
                let urls = [simulator, limited].map { "http://127.0.0.1:\($0.port)/v1" }
                try ChildProcess.run(try #require(python), [script] + urls)
            }
        }
    }
}
