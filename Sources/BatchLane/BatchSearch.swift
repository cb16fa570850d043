internal import Providers

/// How to recognise, among a provider's batches, one that may have been created before its worker died. A value without I/O.
struct BatchSearch {
    enum Verdict: Equatable {
        case itself
        case another
        /// It may be it; when it has ended, its results tell.
        case unknown
        /// Its results tell.
        case told
    }

    /// How far the provider's clock may be from that of whoever has sent the batch, in milliseconds.
    private static let clockTolerance: Int64 = 600_000

    let batch: Batch
    /// When it was sent, in unix milliseconds.
    let sentAt: Int64
    /// Whether the provider keeps names of batches.
    let keepsNames: Bool
    /// The provider's ids of other batches of ours.
    let known: Set<String>

    func verdict(_ listed: ProviderBatch) -> Verdict {
        if keepsNames { return listed.name == batch.name ? .itself : .another }
        guard !known.contains(listed.id), !isTooOld(listed), listed.count.map({ $0 == batch.size }) ?? true else { return .another }
        return listed.state == .running ? .unknown : .told
    }

    /// Whether it was there before the batch was sent, and those listed after it too.
    func isTooOld(_ listed: ProviderBatch) -> Bool {
        listed.created.map { $0 < sentAt - Self.clockTolerance } ?? false
    }
}
