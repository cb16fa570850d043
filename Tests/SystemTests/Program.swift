import Foundation
import TestSupport

/// The program under test, which the build has put beside the tests.
enum Program {
    static let path: String = {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        var folder = tests
        while folder.path != "/" {
            let candidate = folder.appending(path: "switchyard")
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate.path }
            folder.deleteLastPathComponent()
        }
        return "switchyard"
    }()

    /// The root of the repository.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path

    /// The Python that has what Tests/Python/requirements.txt names.
    static var python: String {
        ProcessInfo.processInfo.environment["SWITCHYARD_TEST_PYTHON"] ?? "\(root)/.build/python/bin/python"
    }

    struct Result {
        let status: Int32
        let output: String
    }

    /// Runs the program to its end, off the cooperative pool.
    static func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Result {
        try await run(path, arguments, environment: environment)
    }

    static func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) async throws -> Result {
        let process = try ChildProcess(program, arguments, environment: environment)
        try await Condition.wait(for: "\(program) \(arguments.first ?? "") to end", atMost: .seconds(120)) { !process.isRunning }
        return Result(status: process.wait(), output: process.output)
    }
}
