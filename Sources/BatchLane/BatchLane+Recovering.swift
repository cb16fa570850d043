internal import Envelope
internal import EventLoop
internal import HTTP
internal import Logging
internal import Providers
internal import Redis
internal import Routing

/// Finding out whether a batch that may have been created was.
///
/// Where the provider does not keep a batch's name, any of the same size that is as new may be it as long as it has not ended: only its
/// results tell. Until then nothing is sent again.
extension BatchLane {
    private enum Finding {
        case found(ProviderBatch)
        case unknown(id: String)
        case absent
    }

    /// More pages of a provider's list are not looked through: they hold more batches than there are in a few minutes.
    private static let mostPages = 100

    func recover(_ batch: Batch, _ lease: BatchLease) async throws(RedisError) -> Bool {
        guard let store, case .sending(let key, let at) = batch.phase, let (endpoint, format, _) = provider(of: batch) else { return false }
        let known = Set(try await store.look().batches.compactMap(\.providerID))
        let search = BatchSearch(batch: batch, sentAt: at, keepsNames: format.keepsNames, known: known)
        let finding: Finding
        do throws(BatchAPI.Failure) {
            finding = try await find(search, format, endpoint, key)
        } catch {
            warnOnce("recover \(batch.name)", "it cannot be found out whether a batch was created: \(error.error.message)")
            return false
        }
        switch finding {
        case .found(let made):
            return try await wasCreated(batch, made, lease)
        case .unknown(let id):
            warnOnce(
                "recover \(batch.name)", "batch \(id) may be one of ours, which its end will tell; until then none is sent in its place")
            return false
        case .absent:
            var batch = batch
            batch.wasNotCreated()
            return try await store.put(batch, token: lease.token)
        }
    }

    private func find(
        _ search: BatchSearch, _ format: any BatchFormat, _ endpoint: ProviderEndpoint, _ key: Int
    ) async throws(BatchAPI.Failure) -> Finding {
        var finding = Finding.absent
        var cursor: String?
        for _ in 0..<Self.mostPages {
            let page = try await page(after: cursor, format, endpoint, key)
            for listed in page.batches {
                switch search.verdict(listed) {
                case .itself: return .found(listed)
                case .another: continue
                case .unknown: finding = .unknown(id: listed.id)
                case .told:
                    if try await isOurs(listed, search.batch, format, endpoint, key) { return .found(listed) }
                }
            }
            guard let next = page.next, !page.batches.contains(where: { search.isTooOld($0) }) else { break }
            cursor = next
        }
        return finding
    }

    private func page(
        after cursor: String?, _ format: any BatchFormat, _ endpoint: ProviderEndpoint, _ key: Int
    ) async throws(BatchAPI.Failure) -> ProviderBatch.Page {
        guard let api else { throw BatchAPI.closed }
        let answer = try await api.send(format.list(after: cursor), to: endpoint, key: key)
        return try BatchAPI.read(answer) { bytes throws(ProviderError) in try format.readPage(bytes) }
    }

    /// Whether the first result of a batch is one of ours.
    private func isOurs(
        _ listed: ProviderBatch, _ batch: Batch, _ format: any BatchFormat, _ endpoint: ProviderEndpoint, _ key: Int
    ) async throws(BatchAPI.Failure) -> Bool {
        guard let api, let path = listed.results.first else { return false }
        var line: [UInt8] = []
        do throws(BatchAPI.Failure) {
            try await api.stream(BatchCall(.get, path), from: endpoint, key: key) { piece in
                line.append(contentsOf: piece)
                if line.contains(UInt8(ascii: "\n")) { throw FirstLine() }
            }
        } catch {
            guard line.contains(UInt8(ascii: "\n")) else { throw error }
        }
        return line.prefix { $0 != UInt8(ascii: "\n") }.withUnsafeBytes { bytes in
            let name = try? format.readResult(UnsafeRawBufferPointer(rebasing: bytes[...])).name
            return name.flatMap { batch.requestNumber($0) } != nil
        }
    }

    /// That a line is complete, and the rest of no interest.
    private struct FirstLine: Error {}
}
