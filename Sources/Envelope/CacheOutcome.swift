/// What the response cache did for a request.
package enum CacheOutcome: String, CaseIterable, Hashable, Sendable {
    /// It was not asked.
    case none
    /// It had nothing.
    case miss
    /// It had the response.
    case hit
}
