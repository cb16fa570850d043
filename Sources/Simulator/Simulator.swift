internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// A provider that speaks the wire formats of five providers over plain HTTP/1.1, for trying out and testing what talks to providers.
///
/// Runs from ``start(_:address:port:threads:)`` until ``stop()``.
package final class Simulator: Sendable {
    /// The port that it listens on.
    package let port: Int

    private let simulation: Simulation
    private let group: MultiThreadedEventLoopGroup

    private init(port: Int, simulation: Simulation, group: MultiThreadedEventLoopGroup) {
        self.port = port
        self.simulation = simulation
        self.group = group
    }

    /// Starts to listen, after it has raised the process's limit of open files as far as it may.
    ///
    /// - Parameters:
    ///   - options: how it behaves.
    ///   - address: IPv4 or IPv6 address to listen on.
    ///   - port: port to listen on; 0 for any that is free.
    ///   - threads: number of event loops.
    /// - Throws: ``SimulatorError`` if it cannot listen.
    package static func start(
        _ options: SimulationOptions, address: String = "127.0.0.1", port: Int = 0, threads: Int = 1
    ) async throws(SimulatorError) -> Simulator {
        let simulation = Simulation(options)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        do {
            let socket = try SocketAddress(ipAddress: address, port: port)
            let channel = try await bootstrap(simulation, group).bind(to: socket).get()
            return Simulator(port: channel.localAddress?.port ?? port, simulation: simulation, group: group)
        } catch {
            try? await group.shutdownGracefully()
            throw SimulatorError("cannot listen on \(address) port \(port): \(error)")
        }
    }

    /// What it has seen so far.
    package var statistics: SimulatorStatistics { simulation.statistics }

    /// Closes all connections and ends.
    package func stop() async {
        try? await group.shutdownGracefully()
    }

    private static func bootstrap(_ simulation: Simulation, _ group: MultiThreadedEventLoopGroup) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 16_384)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        ByteToMessageHandler(HTTPRequestDecoder()), ConnectionHandler(simulation, .current))
                }
            }
    }
}
