/// What events have in common.
extension ByteWriter {
    /// Begins the JSON object of an event that is of no single request; its members follow, each with a comma before it.
    ///
    /// - Parameters:
    ///   - time: unix milliseconds.
    ///   - worker: the worker's id.
    mutating func beginEvent(_ name: StaticString, time: Int64, worker: String) {
        append("{\"version\":1,\"event\":\"")
        append(name)
        append("\",\"time\":\"")
        appendTimestamp(milliseconds: time)
        append("\",\"worker\":")
        appendJSON(worker)
    }

    /// Appends a member, if it has a value.
    ///
    /// - Parameter key: with the comma before it and the colon after it.
    mutating func appendMember(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        append(key)
        appendJSON(value)
    }
}
