import Security
import Testing

@testable import Coordination

@Suite struct KeyWrapTests {
    private let wrap: KeyWrap
    private let nextWrap: KeyWrap
    private let strangersWrap: KeyWrap

    init() throws {
        wrap = KeyWrap(try MasterSecrets(key: KeyHolder.secret, previous: []))
        nextWrap = KeyWrap(try MasterSecrets(key: KeyHolder.nextSecret, previous: [KeyHolder.secret]))
        strangersWrap = KeyWrap(try MasterSecrets(key: KeyHolder.nextSecret, previous: []))
    }

    private func key(_ id: UInt32 = 7, created: Int64 = 1_000) -> DataKey {
        DataKey(key: SealingKey(id: id, secret: .random()), created: created)
    }

    private func bytes(_ key: DataKey?) -> [UInt8]? { key?.key.secret.withBytes { Array($0) } }

    private func unwrap(_ wrapped: WrappedKey, by wrap: KeyWrap) -> (key: DataKey?, standing: KeyWrap.Standing) {
        (try? wrap.unwrap(wrapped)).map { ($0.key, $0.standing) } ?? (nil, .unreadable)
    }

    @Test func aKeyIsUnwrappedUnderTheSecretAndUnderALaterOneThatKnowsIt() {
        let key = key()
        let wrapped = wrap.wrap(key)
        let own = unwrap(wrapped, by: wrap)
        #expect(bytes(own.key) == bytes(key))
        #expect(own.key?.key.id == 7)
        #expect(own.standing == .underCurrentSecret)
        let later = unwrap(wrapped, by: nextWrap)
        #expect(bytes(later.key) == bytes(key))
        #expect(later.standing == .underPreviousSecret)
        #expect(unwrap(wrapped, by: strangersWrap).standing == .unreadable)
    }

    @Test func aKeyIsOnlyWhatItWasMadeAs() {
        let wrapped = wrap.wrap(key())
        let changed = [
            WrappedKey(id: 8, created: 1_000, sealed: wrapped.sealed), WrappedKey(id: 7, created: 1_001, sealed: wrapped.sealed),
            WrappedKey(id: 7, created: 1_000, sealed: wrapped.sealed.dropLast()), WrappedKey(id: 7, created: 1_000, sealed: []),
        ]
        for key in changed { #expect(unwrap(key, by: wrap).standing == .unreadable) }
    }

    @Test func aRotationWrapsTheOlderKeysUnderTheCurrentSecret() throws {
        let (old, foreign) = (key(1), key(2))
        var ring = WrappedKeyRing()
        let foreignWrap = KeyWrap(try MasterSecrets(key: "a secret that nobody knows any more", previous: []))
        let isFirst = ring.rotate(.init(previous: nil, key: wrap.wrap(old), rewrapped: [foreignWrap.wrap(foreign)]))
        let isSecond = ring.rotate(nextWrap.rotation(of: ring, now: 2_000))
        #expect(isFirst && isSecond)
        #expect(ring.keys.count == 3)
        #expect(ring.newest.flatMap { ring.keys[$0] }?.created == 2_000)
        let (known, unreadable) = strangersWrap.ring(ring, known: DataKeyRing([], newest: nil))
        #expect(bytes(known[1]) == bytes(old))
        #expect(known.newest?.key.id == ring.newest)
        #expect(unreadable == [2])
        #expect(wrap.ring(ring, known: DataKeyRing([], newest: nil)).unreadable.count == 3)
    }

    @Test func aKnownKeyStaysWhenItsWrappingCannotBeRead() {
        let key = key()
        var ring = WrappedKeyRing()
        _ = ring.rotate(.init(previous: nil, key: strangersWrap.wrap(key), rewrapped: []))
        let (kept, unreadable) = wrap.ring(ring, known: DataKeyRing([key], newest: 7))
        #expect(kept[7]?.key.secret === key.key.secret)
        #expect(unreadable.isEmpty)
    }

    @Test func withoutTheNewestTheLastKnownSeals() {
        let keys = [key(1, created: 10), key(2, created: 30), key(3, created: 20)]
        #expect(DataKeyRing(keys, newest: 1).newest?.key.id == 1)
        #expect(DataKeyRing(keys, newest: 9).newest?.key.id == 2)
        #expect(DataKeyRing([], newest: 9).newest == nil)
    }

    @Test func aMistakeInASecretIsNamedWithItsKey() throws {
        let error = try #require(throws: MasterSecretsError.self) { try MasterSecrets(key: "short", previous: []) }
        #expect(error.message.hasPrefix("encryption.key has 5 bytes"))
        let second = try #require(throws: MasterSecretsError.self) {
            try MasterSecrets(key: KeyHolder.secret, previous: [KeyHolder.nextSecret, "weak"])
        }
        #expect(second.message.hasPrefix("encryption.previous_keys[1] has 4 bytes"))
        for text in ["short", "weak"] { #expect(!"\(error)\(second)".contains(text)) }
    }
}
