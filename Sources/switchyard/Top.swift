import ArgumentParser
import Configuration
import Coordination
import Envelope
import Foundation
import Kafka
import Redis

struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the live workers and how busy they are.",
        discussion: """
            Workers of a consumer group tell each other through Redis every 2 seconds that they live; one that has been silent for 10 is \
            gone. SUCCEEDED and FAILED count requests since the worker's start, LAG the messages that wait in its partitions.

            EXAMPLES
              switchyard top --config switchyard.yaml --watch 2
              switchyard top --config switchyard.yaml --json | jq .totals.per_second
            """)

    @Option(help: "Show them again every so many seconds, until interrupted.")
    var watch: Int?

    @Flag(help: "Write one JSON object a line.")
    var json = false

    @OptionGroup var kafka: KafkaOptions

    func validate() throws {
        if let watch, watch < 1 { throw ValidationError("--watch must be 1 or more") }
    }

    func run() async throws {
        let configuration = try kafka.load()
        guard let redis = configuration.redis.client else {
            throw TopError(
                "redis.url: there is none, and workers know of each other through Redis; add it, such as redis: {url: redis://localhost}")
        }
        let group = configuration.kafka.consumerProperties["group.id"] ?? "switchyard"
        try await FleetDesk.with(redis: redis, group: group) { desk in
            guard let watch else { return try await show(desk.workers(), group) }
            while true {
                do {
                    let workers = try await desk.workers()
                    if !json, isatty(1) == 1 { FileHandle.standardOutput.write(Self.clearScreen) }
                    show(workers, group)
                } catch {
                    Console.note("\(error)")
                }
                try await Task.sleep(for: .seconds(watch))
            }
        }
    }

    /// Moves to the top, and clears from there.
    private static let clearScreen = Data("\u{1B}[H\u{1B}[J".utf8)

    private func show(_ workers: [FleetListing], _ group: String) {
        if json {
            Console.say(FleetReport(workers).json)
        } else if workers.isEmpty {
            Console.note("no worker of the group \(group) is alive, as far as Redis knows")
        } else {
            Console.say(FleetReport(workers).table.joined(separator: "\n"))
        }
    }
}

/// The live workers and what they come to together.
struct FleetReport {
    private let workers: [FleetListing]
    private let loops: Int
    private let load: FleetMember.Load

    init(_ workers: [FleetListing]) {
        self.workers = workers
        loops = workers.reduce(0) { $0 + $1.member.loops }
        load = workers.map(\.member.load).reduce(into: FleetMember.Load()) { sum, load in
            sum.inFlight += load.inFlight
            sum.perSecond += load.perSecond
            sum.succeeded += load.succeeded
            sum.failed += load.failed
            if let lag = load.lag { sum.lag = (sum.lag ?? 0) + lag }
        }
    }

    // MARK: Table

    /// Lines: the head, a worker each, and the totals.
    var table: [String] {
        let head = ["WORKER", "VERSION", "HOST", "LOOPS", "IN FLIGHT", "PER SECOND", "SUCCEEDED", "FAILED", "LAG", "AGE"]
        let rows = workers.map { worker in
            [worker.member.id, worker.member.version, worker.member.host] + Self.cells(worker.member.loops, worker.member.load)
                + [Self.age(worker.age)]
        }
        let totals = [workers.count == 1 ? "1 worker" : "\(workers.count) workers", "", ""] + Self.cells(loops, load) + [""]
        let lines = [head] + rows + [totals]
        let widths = head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { Self.line($0, widths) }
    }

    /// Names stand to the left, numbers to the right.
    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = zip(cells, widths).enumerated().map { column, cell in
            let padding = String(repeating: " ", count: cell.1 - cell.0.count)
            return column < 3 ? cell.0 + padding : padding + cell.0
        }
        return String(padded.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }

    private static func cells(_ loops: Int, _ load: FleetMember.Load) -> [String] {
        [
            "\(loops)", "\(load.inFlight)", String(format: "%.1f", load.perSecond), "\(load.succeeded)", "\(load.failed)",
            load.lag.map { "\($0)" } ?? "-",
        ]
    }

    /// As in `41s`, `12m`, `5h` or `3d`.
    private static func age(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1_000
        switch seconds {
        case ..<120: return "\(seconds)s"
        case ..<7_200: return "\(seconds / 60)m"
        case ..<172_800: return "\(seconds / 3_600)h"
        default: return "\(seconds / 86_400)d"
        }
    }

    // MARK: JSON

    var json: String {
        var writer = ByteWriter()
        writer.append("{\"workers\":[")
        for (index, worker) in workers.enumerated() {
            writer.append(index == 0 ? "{" : ",{")
            worker.member.writeFields(into: &writer)
            writer.append(",\"silent_ms\":")
            writer.append(worker.silent)
            writer.append("}")
        }
        writer.append("],\"totals\":{\"workers\":")
        writer.append(workers.count)
        writer.append(",\"loops\":")
        writer.append(loops)
        writer.append(",")
        load.writeFields(into: &writer)
        writer.append("}}")
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// What the configuration lacks, where usage of the command would not help.
private struct TopError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
