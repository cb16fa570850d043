internal import Security

/// Wraps data keys under the current master secret, and unwraps those under any known one. To be used by one thread at a time.
final class KeyWrap {
    enum Standing {
        case underCurrentSecret
        case underPreviousSecret
        /// Under a secret that is not configured, or damaged.
        case unreadable
    }

    private let secrets: MasterSecrets
    private let sealer = Sealer()

    init(_ secrets: MasterSecrets) {
        self.secrets = secrets
    }

    func wrap(_ key: DataKey) -> WrappedKey {
        let sealed = key.key.secret.withBytes {
            sealer.seal($0, under: secrets.current.key, binding: Self.binding(key.key.id, key.created))
        }
        return WrappedKey(id: key.key.id, created: key.created, sealed: sealed)
    }

    /// - Throws: `SealedValueError`; the id in it is the master secret's.
    func unwrap(_ wrapped: WrappedKey) throws(SealedValueError) -> (key: DataKey, standing: Standing) {
        var secret: UInt32?
        var (bytes, _) = try sealer.open(wrapped.sealed, binding: Self.binding(wrapped.id, wrapped.created)) { id in
            secret = id
            return secrets[id]
        }
        guard bytes.count == SecretKey.size else { throw .malformed }
        let key = DataKey(key: SealingKey(id: wrapped.id, secret: SecretKey(wiping: &bytes)), created: wrapped.created)
        return (key, secret == secrets.current.key.id ? .underCurrentSecret : .underPreviousSecret)
    }

    /// A key opens only as what it was made as.
    private static func binding(_ id: UInt32, _ created: Int64) -> [UInt8] {
        Array("data key \(id) of \(created)".utf8)
    }
}

extension KeyWrap {
    /// The keys that can be read. One that is known already is taken as it is: rewrapping does not change it.
    func ring(_ wrapped: WrappedKeyRing, known: DataKeyRing) -> (ring: DataKeyRing, unreadable: [UInt32]) {
        var keys: [DataKey] = []
        var unreadable: [UInt32] = []
        for key in wrapped.keys.values {
            if let known = known[key.id], known.created == key.created {
                keys.append(known)
            } else if let unwrapped = try? unwrap(key).key {
                keys.append(unwrapped)
            } else {
                unreadable.append(key.id)
            }
        }
        return (DataKeyRing(keys, newest: wrapped.newest), unreadable.sorted())
    }

    /// Makes a new key, and wraps the older ones under the current secret that are under previous ones.
    ///
    /// - Parameter now: unix milliseconds, by Redis' clock.
    func rotation(of wrapped: WrappedKeyRing, now: Int64) -> WrappedKeyRing.Rotation {
        let key = DataKey(key: SealingKey(id: unusedID(in: wrapped), secret: .random()), created: now)
        let rewrapped = wrapped.keys.values.compactMap { old -> WrappedKey? in
            guard let (key, standing) = try? unwrap(old), standing == .underPreviousSecret else { return nil }
            return wrap(key)
        }
        return WrappedKeyRing.Rotation(previous: wrapped.newest, key: wrap(key), rewrapped: rewrapped)
    }

    /// At random, so that no id comes again after Redis has lost its data: values sealed under the earlier key would look tampered with.
    private func unusedID(in wrapped: WrappedKeyRing) -> UInt32 {
        while true {
            let id = UInt32.random(in: 1...UInt32.max)
            if wrapped.keys[id] == nil { return id }
        }
    }
}
