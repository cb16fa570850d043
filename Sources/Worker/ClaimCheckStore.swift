internal import Envelope
internal import EventLoop
internal import Foundation
internal import Security

/// Where responses go that are too large for their topic: one file each, named by the digest of its contents.
///
/// https://www.enterpriseintegrationpatterns.com/patterns/messaging/StoreInLibrary.html
struct ClaimCheckStore: Sendable {
    let directory: String

    /// Writes a response that the topic does not take.
    ///
    /// - Throws: what the file system says.
    func keep(_ response: [UInt8]) async throws -> ClaimCheck {
        let directory = directory
        return try await BlockingThread.run { () throws in
            let digest = response.withUnsafeBytes { Digest.sha256($0) }
            let file = URL(fileURLWithPath: directory, isDirectory: true).appendingPathComponent("\(digest).json")
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try Data(response).write(to: file, options: .atomic)
            return ClaimCheck(url: file.absoluteString, bytes: response.count, sha256: digest)
        }
    }
}
