import Foundation

@testable import Simulator

/// Answers as soon as it can.
var quick: SimulationOptions {
    var options = SimulationOptions()
    options.latencyMilliseconds = 0
    return options
}

/// Takes longer to answer than any test.
var slow: SimulationOptions {
    var options = SimulationOptions()
    options.latencyMilliseconds = 3_600_000
    options.latencySigma = 0
    return options
}

/// Runs a simulator, with a connection to it, for a test.
func withSimulator(
    _ options: SimulationOptions = quick, threads: Int = 1, _ body: (Simulator, HTTPConnection) async throws -> Void
) async throws {
    let simulator = try await Simulator.start(options, threads: threads)
    do {
        try await body(simulator, try HTTPConnection(port: simulator.port))
    } catch {
        await simulator.stop()
        throw error
    }
    await simulator.stop()
}

/// The body of a chat, with further members that begin with a comma.
func chat(_ question: String, _ extra: String = "") -> String {
    #"{"model":"m","messages":[{"role":"user","content":"\#(question)"}]\#(extra)}"#
}

func object(_ text: String) throws -> [String: Any]? {
    try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
}
