/// That a worker's loop cannot share its rate limits with the fleet, or can again, written for the event topic.
package struct LimiterEvent {
    /// What is done with requests meanwhile.
    package enum Mode: String, CaseIterable, Sendable {
        /// The worker keeps to its part of the limits.
        case local
        /// They wait.
        case closed
        /// They are let through.
        case open
    }

    /// When, in unix milliseconds.
    package var time: Int64
    /// The worker's id.
    package var worker: String
    /// Whether the limits are shared again.
    package var isRecovered: Bool
    /// What is, or was, done meanwhile.
    package var mode: Mode
    /// Why they were not shared, in words without secrets.
    package var reason: String

    package init(time: Int64, worker: String, isRecovered: Bool, mode: Mode, reason: String) {
        self.time = time
        self.worker = worker
        self.isRecovered = isRecovered
        self.mode = mode
        self.reason = reason
    }

    /// Appends the event as one JSON object.
    package func write(into writer: inout ByteWriter) {
        writer.beginEvent(isRecovered ? "limits.recovered" : "limits.degraded", time: time, worker: worker)
        writer.append(",\"mode\":\"")
        writer.append(text: mode.rawValue)
        writer.append("\",\"reason\":")
        writer.appendJSON(reason)
        writer.append("}")
    }
}
