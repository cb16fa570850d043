import Security
import TestSupport
import Testing

@testable import Cache
@testable import Coordination

@Suite(.timeLimit(.minutes(1))) struct ValueCodecTests {
    private let keys = DataKeys()
    private static let binding = Array("a cache key".utf8)

    private func codec(compressAbove: Int = 512) -> ValueCodec {
        ValueCodec(keys: keys, compressAbove: compressAbove, level: 1)
    }

    private func key(_ id: UInt32) -> DataKey {
        DataKey(key: SealingKey(id: id, secret: .random()), created: Int64(id))
    }

    private func decode(_ stored: [UInt8], binding: [UInt8] = binding) -> Result<[UInt8], ValueError> {
        Result { () throws(ValueError) in try codec().decode(stored, binding: binding) }
    }

    private func encode(_ value: [UInt8], compressAbove: Int = 512) throws -> [UInt8] {
        try #require(value.withUnsafeBytes { codec(compressAbove: compressAbove).encode($0, binding: Self.binding) })
    }

    @Test func aValueIsReadBack() throws {
        keys.replace(with: DataKeyRing([key(1)], newest: 1))
        var random = SeededGenerator.forTest("values")
        let codec = codec(compressAbove: 100)
        for size in [0, 1, 99, 100, 101, 1_000, 100_000] {
            for alphabet: ClosedRange<UInt8> in [97...99, 0...255] {
                let value = (0..<size).map { _ in UInt8.random(in: alphabet, using: &random) }
                let stored = try #require(value.withUnsafeBytes { codec.encode($0, binding: Self.binding) })
                #expect(try codec.decode(stored, binding: Self.binding) == value)
                let isCompressed = size >= 1_000 && alphabet == 97...99
                #expect(isCompressed ? stored.count < size / 2 : stored.count <= size + 34)
            }
        }
    }

    @Test func onlyWhatIsLargeIsCompressed() throws {
        keys.replace(with: DataKeyRing([key(1)], newest: 1))
        let value = [UInt8](repeating: 0, count: 600)
        #expect(try encode(value, compressAbove: 600).count == 634)
        #expect(try encode(value, compressAbove: 599).count < 100)
    }

    @Test func nothingOfTheValueCanBeRead() throws {
        keys.replace(with: DataKeyRing([key(1)], newest: 1))
        for compressAbove in [10, 1_000] {
            let stored = try encode(Array("the quick brown fox jumps over the lazy dog".utf8), compressAbove: compressAbove)
            for word in ["quick", "fox", "dog"] { #expect(!stored.contains(word.utf8)) }
        }
    }

    @Test func everySingleBitCounts() throws {
        keys.replace(with: DataKeyRing([key(1)], newest: 1))
        let codec = codec()
        for value in [Array("an answer".utf8), [UInt8](repeating: 7, count: 600)] {
            let stored = try encode(value)
            for bit in 0..<(8 * stored.count) {
                var changed = stored
                changed[bit / 8] ^= 1 << (bit % 8)
                #expect(throws: ValueError.self, "bit \(bit)") { try codec.decode(changed, binding: Self.binding) }
            }
            for length in stored.indices {
                #expect(throws: ValueError.self, "\(length) bytes") {
                    try codec.decode(Array(stored.prefix(length)), binding: Self.binding)
                }
            }
            #expect(decode(stored, binding: Array("another key".utf8)) == .failure(.tampered))
            #expect(decode(stored) == .success(value))
        }
        #expect(decode([]) == .failure(.malformed))
        #expect(decode(Array("what somebody has put there with redis-cli".utf8)) == .failure(.malformed))
    }

    @Test func bothGenerationsAreReadWhileTheNewOneSeals() throws {
        let (old, new) = (key(1), key(2))
        keys.replace(with: DataKeyRing([old], newest: 1))
        let before = try encode([1])
        keys.replace(with: DataKeyRing([old, new], newest: 2))
        let after = try encode([2])
        #expect(decode(before) == .success([1]))
        #expect(decode(after) == .success([2]))
        // One who does not know the new key yet.
        keys.replace(with: DataKeyRing([old], newest: 1))
        #expect(decode(before) == .success([1]))
        #expect(decode(after) == .failure(.unknownKey(2)))
    }

    @Test func anUnknownKeyIsAskedFor() async throws {
        keys.replace(with: DataKeyRing([key(1)], newest: 1))
        let stored = try encode([1])
        keys.replace(with: DataKeyRing([key(2)], newest: 2))
        var requests = keys.refreshRequests.makeAsyncIterator()
        #expect(decode(stored) == .failure(.unknownKey(1)))
        // Returns since it was asked for.
        #expect(await requests.next() != nil)
    }

    @Test func aKeyThatIsNotKnownYetIsWaitedFor() async throws {
        let (old, new) = (key(1), key(2))
        keys.replace(with: DataKeyRing([new], newest: 2))
        let stored = try encode([1])
        keys.replace(with: DataKeyRing([old], newest: 1))
        let codec = codec()
        await #expect(throws: ValueError.unknownKey(2)) { try await codec.decodeWithFreshKeys(stored, binding: Self.binding) }
        keys.beginKeeping()
        let keeping = Task { [keys] in
            for await _ in keys.refreshRequests {
                let waiters = keys.takeWaiters()
                keys.replace(with: DataKeyRing([old, new], newest: 2))
                for waiter in waiters { waiter.resume() }
            }
            keys.endKeeping()
        }
        #expect(try await codec.decodeWithFreshKeys(stored, binding: Self.binding) == [1])
        keeping.cancel()
        await keeping.value
    }

    @Test func withoutAKeyNothingIsEncodedNorWhatIsTooLarge() {
        #expect([UInt8]([1]).withUnsafeBytes { codec().encode($0, binding: Self.binding) } == nil)
        keys.replace(with: DataKeyRing([key(1)], newest: 1))
        let value = [UInt8](repeating: 0, count: (64 << 20) + 1)
        #expect(value.withUnsafeBytes { codec().encode($0, binding: Self.binding) } == nil)
        #expect(value.withUnsafeBytes { codec().encode(UnsafeRawBufferPointer(rebasing: $0.dropLast()), binding: Self.binding) } != nil)
    }

    /// A value of a later version, sealed with the right key.
    @Test func aFlagThatIsNotKnownIsNoValue() {
        let key = key(1)
        keys.replace(with: DataKeyRing([key], newest: 1))
        // A frame that names more than there can be.
        let bomb: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0xe0] + Array(repeating: 0x7f, count: 8) + [1, 0, 0]
        for (flags, content) in [(UInt8(2), [UInt8](repeating: 1, count: 9)), (1, Array("no zstd frame".utf8)), (1, bomb)] {
            let sealed = content.withUnsafeBytes { Sealer().seal($0, flags: flags, under: key.key, binding: Self.binding) }
            #expect(decode(sealed) == .failure(.malformed))
        }
    }
}
