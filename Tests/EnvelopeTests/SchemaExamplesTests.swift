import Envelope
import Foundation
import Testing

/// The examples beside the schemas, which other languages are held to, mean the same to this decoder.
@Suite struct SchemaExamplesTests {
    private struct Expectation: Decodable {
        let code: String
        let id: String?
    }

    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "schemas/examples")

    private func decode(_ file: URL) throws -> Result<RequestEnvelope, EnvelopeError> {
        try Data(contentsOf: file).withUnsafeBytes { bytes in
            do throws(EnvelopeError) {
                return .success(try RequestDecoder.decode(bytes))
            } catch {
                return .failure(error)
            }
        }
    }

    @Test func theValidOnesAreAccepted() throws {
        let files = try FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasPrefix("request-") }
        #expect(files.count >= 9)
        for file in files {
            #expect(throws: Never.self, "\(file.lastPathComponent)") { try decode(file).get() }
        }
    }

    @Test func theInvalidOnesAreRefusedForTheSameReason() throws {
        let folder = Self.folder.appending(path: "invalid")
        let index = try JSONDecoder().decode(
            [String: Expectation].self, from: Data(contentsOf: folder.appending(path: "expected.json")))
        #expect(index.count >= 100)
        for (name, expected) in index {
            guard case .failure(let error) = try decode(folder.appending(path: name)) else {
                Issue.record("\(name) was accepted")
                continue
            }
            #expect(error.code.rawValue == expected.code, "\(name): \(error.message)")
            #expect(error.id == expected.id, "\(name)")
        }
    }
}
