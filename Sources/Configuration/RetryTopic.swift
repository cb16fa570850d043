/// A topic on which requests wait that are to be tried again later.
package struct RetryTopic: Hashable, Sendable {
    package let name: String
    /// The longest wait on it, which the name ends with, as in `llm.retry.10m`.
    package let waitSeconds: Int

    /// - Returns: nil if the name does not end with a wait of a second to a week.
    init?(_ name: String) {
        guard let suffix = name.split(separator: ".", omittingEmptySubsequences: false).last, let unit = suffix.last,
            let scale = ["s": 1, "m": 60, "h": 3_600][unit], let number = Int(suffix.dropLast()),
            case let (seconds, overflow) = number.multipliedReportingOverflow(by: scale), !overflow, (1...604_800).contains(seconds)
        else { return nil }
        self.name = name
        waitSeconds = seconds
    }
}
