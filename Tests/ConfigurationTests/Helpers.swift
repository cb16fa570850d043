import Configuration
import Foundation
import TestSupport

/// Loads a configuration from a file's text.
func load(
    _ yaml: String? = nil, environment: [String: String] = [:], overrides: [String] = []
) throws(ConfigurationError) -> LoadedConfiguration {
    guard let yaml else { return try ConfigurationLoader.load(file: nil, environment: environment, overrides: overrides) }
    let (directory, file) = write(yaml)
    defer { withExtendedLifetime(directory) {} }
    return try ConfigurationLoader.load(file: file, environment: environment, overrides: overrides)
}

/// The messages of a load that fails, without the name of the file's folder; none if it does not fail.
func problems(_ yaml: String? = nil, environment: [String: String] = [:], overrides: [String] = []) -> [String] {
    do {
        _ = try load(yaml, environment: environment, overrides: overrides)
        return []
    } catch {
        return error.messages.map(withoutFolder)
    }
}

/// What a worker would miss.
func workerProblems(_ yaml: String, environment: [String: String] = [:]) throws -> [String] {
    let configuration = try load(yaml, environment: environment).configuration
    do {
        try configuration.checkForWorker()
        return []
    } catch {
        return error.messages.map(withoutFolder)
    }
}

/// A text without the folders before the test's file.
func withoutFolder(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
        .map { line in
            guard let end = line.range(of: "/c.yaml")?.lowerBound else { return String(line) }
            let start = line[..<end].lastIndex(of: " ").map(line.index(after:)) ?? line.startIndex
            return String(line[..<start] + line[line.index(after: end)...])
        }
        .joined(separator: "\n")
}

private func write(_ yaml: String) -> (TemporaryDirectory, String) {
    do {
        let directory = try TemporaryDirectory()
        return (directory, try directory.write(yaml, to: "c.yaml"))
    } catch {
        preconditionFailure("\(error)")
    }
}
