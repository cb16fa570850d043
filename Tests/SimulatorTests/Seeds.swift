import Foundation

@testable import Simulator

enum Seeds {
    /// Random numbers for one test: seeded from the environment's `SWITCHYARD_TEST_SEED`, else at random. The seed is printed.
    static func stream(_ test: String = #function) -> RandomStream {
        let seed = ProcessInfo.processInfo.environment["SWITCHYARD_TEST_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
        print("\(test): SWITCHYARD_TEST_SEED=\(seed)")
        return RandomStream(seed: seed, fingerprint: 0)
    }
}
