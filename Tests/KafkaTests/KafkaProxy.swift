import Foundation
import TestSupport

/// `Tests/Python/kafka_proxy.py` between clients and an embedded broker that is alone.
final class KafkaProxy: Sendable {
    struct Request: Decodable, Equatable {
        struct Offset: Decodable, Equatable {
            let topic: String
            let partition: Int
            let offset: Int
            let metadata: String?
        }

        let name: String
        let client: String?
        let error: Int?
        let commit: Bool?
        let group: String?
        let generation: Int?
        let member: String?
        let offsets: [Offset]?
    }

    let bootstrapServers: String
    private let directory: TemporaryDirectory
    private let process: ChildProcess

    init(to broker: String) async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Python/kafka_proxy.py").path
        let directory = try TemporaryDirectory()
        process = try ChildProcess(
            "python3", [script, "--to", broker, "--log", "\(directory.path)/log", "--port-file", "\(directory.path)/port"])
        self.directory = directory
        try await process.waitUntilReady { !directory.read("port").isEmpty }
        bootstrapServers = "127.0.0.1:\(directory.read("port").dropLast())"
    }

    /// What the client of that name has asked and has been answered so far.
    func requests(of client: String) throws -> [Request] {
        // The last line may not be complete.
        let lines = directory.read("log").split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return try lines.map { try JSONDecoder().decode(Request.self, from: Data($0.utf8)) }.filter { $0.client == client }
    }
}
