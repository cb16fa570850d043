import TestSupport
import Testing

@testable import Security

@Suite struct SealerTests {
    private let sealer = Sealer()
    private let key = SealingKey(id: 0x01_02_03_04, secret: .random())
    private static let binding = Array("key".utf8)

    private func seal(_ value: [UInt8], flags: UInt8 = 0, under key: SealingKey? = nil, binding: [UInt8] = binding) -> [UInt8] {
        value.withUnsafeBytes { sealer.seal($0, flags: flags, under: key ?? self.key, binding: binding) }
    }

    /// What comes of opening; the key is known under its id and under 5.
    private func open(_ sealed: [UInt8], binding: [UInt8] = binding) -> Result<[UInt8], SealedValueError> {
        Result { () throws(SealedValueError) in
            try sealer.open(sealed, binding: binding) { $0 == key.id || $0 == 5 ? key.secret : nil }.value
        }
    }

    @Test func whatWasSealedIsOpened() throws {
        var random = SeededGenerator.forTest("sealed values")
        for size in Array(0...66) + [1_000, 65_537, 300_000] {
            let value = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
            let flags = UInt8.random(in: 0...255, using: &random)
            let binding = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            let sealed = seal(value, flags: flags, binding: binding)
            let opened = try sealer.open(sealed, binding: binding) { $0 == key.id ? key.secret : nil }
            #expect(opened.value == value)
            #expect(opened.flags == flags)
            #expect(sealed.count == size + 34)
            #expect(Array(sealed.prefix(6)) == [1, 1, 2, 3, 4, flags])
        }
    }

    /// Made with Python's cryptography: values that lie in Redis must stay readable.
    @Test func theFormatStaysTheSame() throws {
        var secret = Array<UInt8>(0..<32)
        let key = SecretKey(wiping: &secret)
        let sealed = bytes("0101020304076465666768696a6b6c6d6e6f2975fe07179a21fb4c4515e6fa12ab33215e8ed2b5bd292608")
        let opened = try sealer.open(sealed, binding: Self.binding) { $0 == 0x01_02_03_04 ? key : nil }
        #expect(opened.value == Array("an answer".utf8))
        #expect(opened.flags == 7)
    }

    @Test func everySingleBitCounts() {
        let value = Array("an answer".utf8)
        let sealed = seal(value)
        for position in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[position] ^= 1 << bit
                let expected: SealedValueError =
                    switch position {
                    case 0: .malformed
                    case 1...4: .unknownKey(key.id ^ 1 << (8 * (4 - position) + bit))
                    default: .tampered
                    }
                #expect(open(changed) == .failure(expected), "bit \(bit) of byte \(position)")
            }
        }
        #expect(open(sealed) == .success(value))
    }

    @Test func everyByteIsNeeded() {
        let sealed = seal(Array("an answer".utf8))
        for length in sealed.indices {
            #expect(open(Array(sealed.prefix(length))) == .failure(length < 34 ? .malformed : .tampered), "\(length) bytes")
        }
        #expect(open(sealed + [0]) == .failure(.tampered))
    }

    @Test func aValueOpensOnlyForWhatItWasSealedFor() {
        let sealed = seal([1, 2, 3])
        for binding in [[], Array("kez".utf8), Array("key1".utf8), Array("ke".utf8)] {
            #expect(open(sealed, binding: binding) == .failure(.tampered))
        }
    }

    @Test func aValueOpensOnlyWithItsKey() {
        let another = SealingKey(id: key.id, secret: .random())
        #expect(open(seal([1, 2, 3], under: another)) == .failure(.tampered))
        // In turns, for a context keeps its last key.
        #expect(open(seal([1, 2, 3])) == .success([1, 2, 3]))
        #expect(open(seal([1, 2, 3], under: another)) == .failure(.tampered))
    }

    /// The id is authenticated, even where the same key stands behind both.
    @Test func aValueCannotBeGivenAnotherKeysId() {
        var sealed = seal([1, 2, 3])
        sealed.replaceSubrange(1...4, with: [0, 0, 0, 5])
        #expect(open(sealed) == .failure(.tampered))
    }

    @Test func noNonceComesTwice() {
        let sealed = (0..<1_000).map { _ in seal([]) }
        #expect(Set(sealed.map { Array($0[6..<18]) }).count == 1_000)
        #expect(Set(sealed.map { Array($0[18...]) }).count == 1_000)
    }
}
