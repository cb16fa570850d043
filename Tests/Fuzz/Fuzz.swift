internal import Foundation

/// Feeds parsers with damaged inputs. `fuzz.py` runs it, one process for each harness, and reports.
///
///     fuzz list                                           the harnesses
///     fuzz driver                                         what makes the inputs: libfuzzer or seeded
///     fuzz run HARNESS CORPUS INPUTS SEED RECORD [ARG…]   that many inputs, grown from the files of CORPUS; ARG… are libFuzzer's
///     fuzz replay HARNESS FILE…                           these inputs alone
@main
struct Fuzz {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch arguments.first {
        case "list": for harness in Harness.all { print(harness.name) }
        case "driver": print(Driver.name)
        case "replay" where arguments.count > 2:
            let harness = try Harness.named(arguments[2])
            for file in arguments[3...] { try harness.run(on: [UInt8](Data(contentsOf: URL(fileURLWithPath: file)))) }
        case "run" where arguments.count >= 6:
            guard let inputs = Int(arguments[4]), let seed = UInt32(arguments[5]) else { throw FuzzError("INPUTS and SEED are numbers") }
            let record = try Record(path: arguments[6])
            let corpus = try Corpus.read(arguments[3])
            let mutator = Mutator(seed: UInt64(seed), corpus: corpus)
            try Driver.run(
                Harness.named(arguments[2]), mutator, inputs: inputs, seed: seed, record: record, arguments: Array(arguments.dropFirst(6)))
        default: throw FuzzError("fuzz list | driver | replay HARNESS FILE… | run HARNESS CORPUS INPUTS SEED RECORD [ARG…]")
        }
    }
}

struct FuzzError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Inputs to begin with.
enum Corpus {
    /// The files of a directory, in the order of their names.
    static func read(_ directory: String) throws -> [[UInt8]] {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        guard !names.isEmpty else { throw FuzzError("\(directory) has no files") }
        return try names.map { [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory + "/" + $0))) }
    }
}
