import Redis
import TestSupport
import Testing

@testable import Coordination

@Suite(.timeLimit(.minutes(1))) struct WrappedKeyRingTests {
    private func key(_ id: UInt32, created: Int64 = 0) -> WrappedKey {
        WrappedKey(id: id, created: created, sealed: [0, 10, 32, 255])
    }

    @Test(arguments: [0, 1, 0x0abc_def0, UInt32.max], [0, 1_764_054_935_123, -1]) func whatIsStoredIsReadBack(id: UInt32, created: Int64) {
        let key = key(id, created: created)
        #expect(WrappedKey(field: key.field, stored: key.stored) == key)
    }

    @Test func whatIsNoKeyIsLeftOut() {
        let good = key(7, created: 5)
        let fields: [(String, [UInt8])] = [
            ("newest", Array("00000007".utf8)), ("00000007", good.stored), ("8", good.stored), ("0000000g", good.stored),
            ("+0000007", good.stored.dropLast()), ("0000000a", []), ("0000000b", Array("now x".utf8)), ("0000000c", Array("12".utf8)),
        ]
        let ring = WrappedKeyRing(fields: fields.flatMap { [Array($0.0.utf8), $0.1] })
        #expect(ring.newest == 7)
        #expect(ring.keys == [7: good])
        #expect(WrappedKeyRing(fields: []) == WrappedKeyRing())
    }

    @Test func anOldKeyIsReplaced() {
        var ring = WrappedKeyRing()
        #expect(ring.needsRotation(now: 0, after: 30))
        let isFirst = ring.rotate(.init(previous: nil, key: key(1, created: 100), rewrapped: []))
        #expect(!ring.needsRotation(now: 129, after: 30))
        #expect(ring.needsRotation(now: 130, after: 30))
        let isSecond = ring.rotate(.init(previous: 1, key: key(2, created: 130), rewrapped: []))
        #expect(isFirst && isSecond)
        #expect(!ring.needsRotation(now: 159, after: 30))
        // A newest that is not there, or cannot be read.
        let fields = [Array("newest".utf8), Array("00000009".utf8), Array("00000001".utf8), key(1, created: 100).stored]
        #expect(WrappedKeyRing(fields: fields).needsRotation(now: 101, after: 30))
    }

    @Test func redisRotatesAsTheRingDoes() async throws {
        let server = try await RedisServer()
        try await KeyHolder.with(port: server.port) { holders in
            var random = SeededGenerator.forTest("rotations")
            var ring = WrappedKeyRing()
            for number in 0..<500 {
                // Few ids, so that a rotation often meets what it expects, and one that was there before.
                let ids: ClosedRange<UInt32> = 1...6
                func randomKey() -> WrappedKey {
                    let sealed = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
                    return WrappedKey(id: .random(in: ids, using: &random), created: .random(in: 0...9, using: &random), sealed: sealed)
                }
                let rewrapped = (0..<Int.random(in: 0...3, using: &random)).map { _ in randomKey() }
                let previous = Bool.random(using: &random) ? ring.newest : number % 7 == 0 ? nil : UInt32.random(in: ids, using: &random)
                let rotation = WrappedKeyRing.Rotation(previous: previous, key: randomKey(), rewrapped: rewrapped)
                let expected = ring.rotate(rotation)
                #expect(try await holders[0].rotate(rotation) == expected, "rotation \(number)")
                try #require(try await holders[0].fetch()?.ring == ring, "rotation \(number)")
                if number % 100 == 99 {
                    ring = WrappedKeyRing()
                    _ = try await holders[0].execute("FLUSHALL")
                }
            }
        }
    }
}
