import Foundation

/// The broker that the system tests run on: the embedded one of each test's own, or the one that `BROKERS` names, such as that of
/// Tests/independent-broker.
enum BrokerUnderTest {
    private static let environment = ProcessInfo.processInfo.environment

    static let external = environment["BROKERS"]
    static var isEmbedded: Bool { external == nil }
    private static let isTansu = environment["SWITCHYARD_TEST_BROKER"] == "tansu"

    /// Tansu returns committed offsets without their metadata.
    static var keepsCommitMetadata: Bool { !isTansu }

    /// Tansu closes the connection on DeleteRecords. The embedded broker is expected to say that it cannot.
    static var knowsDeleteRecords: Bool { !isTansu }
}
