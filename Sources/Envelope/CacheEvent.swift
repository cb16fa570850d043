/// That a cached answer is not what a worker has sealed, written for the event topic. The request was answered as if there were none.
package struct CacheEvent {
    /// When, in unix milliseconds.
    package var time: Int64
    /// The worker's id.
    package var worker: String
    /// What is wrong with it, in words without secrets.
    package var reason: String

    package init(time: Int64, worker: String, reason: String) {
        self.time = time
        self.worker = worker
        self.reason = reason
    }

    /// Appends the event as one JSON object.
    package func write(into writer: inout ByteWriter) {
        writer.beginEvent("cache.tampered", time: time, worker: worker)
        writer.append(",\"reason\":")
        writer.appendJSON(reason)
        writer.append("}")
    }
}
