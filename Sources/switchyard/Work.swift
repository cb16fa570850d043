import ArgumentParser
import Configuration
import Foundation
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals
import Worker

struct Work: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a worker: the service.",
        discussion: """
            SIGTERM, or one SIGINT, makes the worker take nothing more, finish what it has within worker.drain_timeout_s, hand the rest \
            back to the group, commit, and exit with status 0. A second SIGINT ends it at once.

            EXAMPLES
              switchyard work --config switchyard.yaml
              SWITCHYARD_WORKER_MAX_IN_FLIGHT=5000 switchyard work --loops 4
            """)

    @Option(help: "Event loops, each a thread; 0 is one for each core.")
    var loops: Int?

    @Option(help: "Write to this file once the worker has joined its group.")
    var readyFile: String?

    @OptionGroup var kafka: KafkaOptions

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        OpenFileLimit.raise()
        Signals.exitOnSecondInterrupt()
        var options = kafka
        if let loops { options.overrides.append("worker.loops=\(loops)") }
        let configuration = try options.load()
        let logger = Console.logger(level: Logger.Level(rawValue: configuration.worker.logLevel) ?? .info)
        if let readyFile {
            try? FileManager.default.removeItem(atPath: readyFile)
            try OutputFile.check(readyFile, mayReplace: true, isResumed: false)
        }
        let readyFile = readyFile
        let worker = Worker(configuration: configuration, logger: logger) {
            if let readyFile { _ = FileManager.default.createFile(atPath: readyFile, contents: Data("ready\n".utf8)) }
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: worker, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
        // All is committed and closed. Threads of librdkafka may still use OpenSSL, which does not wait for them when it cleans up at exit.
        fflush(nil)
        _exit(0)
    }
}
