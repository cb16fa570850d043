/// That a provider's key has been set aside, written for the event topic.
package struct KeyEvent {
    /// When, in unix milliseconds.
    package var time: Int64
    /// The worker's id.
    package var worker: String
    /// The provider's configured name.
    package var provider: String
    /// The key's number among the provider's, from 1.
    package var key: Int
    /// The model that it may not use; `nil` if it may use none.
    package var model: String?
    /// Why the provider has refused it.
    package var reason: ErrorCode
    /// Until when it is not used, in unix milliseconds.
    package var until: Int64

    package init(time: Int64, worker: String, provider: String, key: Int, model: String?, reason: ErrorCode, until: Int64) {
        self.time = time
        self.worker = worker
        self.provider = provider
        self.key = key
        self.model = model
        self.reason = reason
        self.until = until
    }

    /// Appends the event as one JSON object.
    package func write(into writer: inout ByteWriter) {
        writer.beginEvent("key.set_aside", time: time, worker: worker)
        writer.append(",\"provider\":")
        writer.appendJSON(provider)
        writer.append(",\"key\":")
        writer.append(key)
        writer.appendMember(",\"model\":", model)
        writer.append(",\"error\":{\"code\":\"")
        writer.append(text: reason.rawValue)
        writer.append("\"},\"until\":\"")
        writer.appendTimestamp(milliseconds: until)
        writer.append("\"}")
    }
}
