/// The record of one finished request, written for the event topic.
package struct EventEnvelope {
    /// What happened.
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case completed = "request.completed"
        case failed = "request.failed"
        case deadLettered = "request.dead_lettered"
    }

    package var kind: Kind

    /// The request's id as JSON, quotes included; `nil` where the message had none.
    package var id: UnsafeRawBufferPointer?

    /// When it happened, in unix milliseconds.
    package var time: Int64

    /// The worker's id.
    package var worker: String

    package var tenant: String?
    package var type: RequestType?

    /// The provider's configured name; `nil` if none was called.
    package var provider: String?
    package var model: String?
    package var usage: Usage?

    /// USD; `nil` if not known.
    package var cost: Double?
    package var timings: Timings

    /// Number of calls to providers.
    package var attempts: Int
    package var cache: CacheOutcome

    /// Why the request failed.
    package var error: ErrorCode?

    package init(
        kind: Kind, id: UnsafeRawBufferPointer?, time: Int64, worker: String, tenant: String? = nil, type: RequestType? = nil,
        provider: String? = nil, model: String? = nil, usage: Usage? = nil, cost: Double? = nil, timings: Timings,
        attempts: Int = 0, cache: CacheOutcome = .none, error: ErrorCode? = nil
    ) {
        self.kind = kind
        self.id = id
        self.time = time
        self.worker = worker
        self.tenant = tenant
        self.type = type
        self.provider = provider
        self.model = model
        self.usage = usage
        self.cost = cost
        self.timings = timings
        self.attempts = attempts
        self.cache = cache
        self.error = error
    }

    /// Appends the event as one JSON object; members that are not known are left out, but for `cost`, which is then null.
    package func write(into writer: inout ByteWriter) {
        writer.append("{\"version\":1,\"event\":\"")
        writer.append(text: kind.rawValue)
        writer.append("\"")
        if let id {
            writer.append(",\"id\":")
            writer.append(id)
        }
        writer.append(",\"time\":\"")
        writer.appendTimestamp(milliseconds: time)
        writer.append("\",\"worker\":")
        writer.appendJSON(worker)
        writer.appendMember(",\"tenant\":", tenant)
        writer.appendMember(",\"type\":", type?.rawValue)
        writer.appendMember(",\"provider\":", provider)
        writer.appendMember(",\"model\":", model)
        if let usage {
            writer.append(",\"usage\":")
            usage.write(into: &writer)
        }
        writer.append(",\"cost\":")
        writer.appendCost(cost)
        writer.append(",\"timings\":")
        timings.write(into: &writer)
        writer.append(",\"attempts\":")
        writer.append(attempts)
        writer.append(",\"cache\":\"")
        writer.append(text: cache.rawValue)
        writer.append("\"")
        if let error {
            writer.append(",\"error\":{\"code\":\"")
            writer.append(text: error.rawValue)
            writer.append("\"}")
        }
        writer.append("}")
    }
}
