package import Envelope

/// What a worker tells the fleet of itself.
package struct FleetMember: Equatable, Sendable {
    /// How busy a worker is.
    package struct Load: Equatable, Sendable {
        /// Requests that it works on.
        package var inFlight: Int
        /// Requests finished a second, lately.
        package var perSecond: Double
        /// Requests answered since its start.
        package var succeeded: Int
        /// Requests that failed since its start.
        package var failed: Int
        /// Messages that wait in its partitions; nil where that is not known.
        package var lag: Int?

        package init(inFlight: Int = 0, perSecond: Double = 0, succeeded: Int = 0, failed: Int = 0, lag: Int? = nil) {
            self.inFlight = inFlight
            self.perSecond = perSecond
            self.succeeded = succeeded
            self.failed = failed
            self.lag = lag
        }
    }

    /// Unique in the fleet.
    package var id: String
    package var version: String
    package var host: String
    package var pid: Int
    /// When it started, in unix milliseconds.
    package var started: Int64
    /// How many event loops it has.
    package var loops: Int
    package var load: Load

    package init(id: String, version: String, host: String, pid: Int, started: Int64, loops: Int, load: Load = Load()) {
        self.id = id
        self.version = version
        self.host = host
        self.pid = pid
        self.started = started
        self.loops = loops
        self.load = load
    }
}

// MARK: JSON

extension FleetMember {
    var json: [UInt8] {
        var writer = ByteWriter()
        writer.append("{")
        writeFields(into: &writer)
        writer.append("}")
        return Array(writer.bytes)
    }

    /// Appends the members of its JSON object, without the braces.
    package func writeFields(into writer: inout ByteWriter) {
        writer.append("\"id\":")
        writer.appendJSON(id)
        writer.append(",\"version\":")
        writer.appendJSON(version)
        writer.append(",\"host\":")
        writer.appendJSON(host)
        writer.append(",\"pid\":")
        writer.append(pid)
        writer.append(",\"started\":\"")
        writer.appendTimestamp(milliseconds: started)
        writer.append("\",\"loops\":")
        writer.append(loops)
        writer.append(",")
        load.writeFields(into: &writer)
    }

    /// Reads what a worker of any version has written: what is missing is empty or zero, and what is unknown is passed over.
    ///
    /// - Returns: nil if it is no JSON object with an id.
    init?(json: [UInt8]) {
        let member: FleetMember? = json.withUnsafeBytes { bytes in
            guard let view = try? JSONView(parsing: bytes), let id = view["id"]?.string else { return nil }
            let started = view["started"]?.escaped.flatMap { Timestamp.milliseconds(parsing: $0) }
            return FleetMember(
                id: id, version: view["version"]?.string ?? "", host: view["host"]?.string ?? "", pid: view["pid"]?.integer ?? 0,
                started: started ?? 0, loops: view["loops"]?.integer ?? 0,
                load: Load(
                    inFlight: view["in_flight"]?.integer ?? 0, perSecond: view["per_second"]?.double ?? 0,
                    succeeded: view["succeeded"]?.integer ?? 0, failed: view["failed"]?.integer ?? 0, lag: view["lag"]?.integer))
        }
        guard let member else { return nil }
        self = member
    }
}

extension FleetMember.Load {
    /// Appends the members of its JSON object, without the braces.
    package func writeFields(into writer: inout ByteWriter) {
        writer.append("\"in_flight\":")
        writer.append(inFlight)
        writer.append(",\"per_second\":")
        writer.append(perSecond, decimals: 1)
        writer.append(",\"succeeded\":")
        writer.append(succeeded)
        writer.append(",\"failed\":")
        writer.append(failed)
        if let lag {
            writer.append(",\"lag\":")
            writer.append(lag)
        }
    }
}
