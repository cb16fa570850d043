/// What a request wants of the response cache.
package struct CacheDirective: Hashable, Sendable {
    /// How the cache is used.
    package enum Mode: String, CaseIterable, Hashable, Sendable {
        /// Read from the cache, and store what was not there.
        case use
        /// Neither read nor store.
        case bypass
        /// Do not read, but store the new response.
        case refresh
    }

    package let mode: Mode

    /// How long the response may be kept, in seconds; `nil` leaves it to the configuration.
    package let timeToLiveSeconds: Int?

    package init(mode: Mode, timeToLiveSeconds: Int? = nil) {
        self.mode = mode
        self.timeToLiveSeconds = timeToLiveSeconds
    }
}
