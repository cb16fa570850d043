internal import Envelope
internal import Providers
internal import TestSupport

/// Gives an input to a parser and checks what it says. What is wrong ends the process.
struct Harness: Sendable {
    let name: String
    let run: @Sendable (UnsafeRawBufferPointer) -> Void

    static let all: [Harness] =
        [
            Harness(name: "json", run: JSONHarness.run), Harness(name: "sse", run: SSEHarness.run),
            Harness(name: "schema", run: SchemaHarness.run),
        ]
        + WireFormats.all.flatMap { format in
            (format.batch.map { batch in [Harness(name: "\(format.name)-batch") { BatchHarness.run(format, batch, $0) }] } ?? []) + [
                Harness(name: "\(format.name)-answer") { AnswerHarness.run(format, $0) },
                Harness(name: "\(format.name)-stream") { StreamHarness.run(format, $0) },
                Harness(name: "\(format.name)-error") { ErrorHarness.run(format, $0) },
                Harness(name: "\(format.name)-request") { RequestHarness.run(format, $0) },
            ]
        }

    static func named(_ name: String) throws -> Harness {
        guard let harness = all.first(where: { $0.name == name }) else { throw FuzzError("there is no harness \(name)") }
        return harness
    }

    func run(on input: [UInt8]) {
        input.withUnsafeBytes { run($0) }
    }
}

/// Ends the process if something does not hold.
func require(_ holds: Bool, _ what: @autoclosure () -> String) {
    guard holds else { fatalError("broken promise: \(what())") }
}

/// Checks that a text is one JSON value, of that kind if one is given.
func requireJSON(_ text: UnsafeRawBufferPointer, _ kinds: [JSONKind] = [], _ what: StaticString) {
    do throws(JSONError) {
        let view = try JSONView(parsing: text)
        require(kinds.isEmpty || kinds.contains(view.kind), "\(what) is of kind \(view.kind): \(String(decoding: text, as: UTF8.self))")
    } catch {
        fatalError("broken promise: \(what) is not JSON, for \(error.message): \(String(decoding: text, as: UTF8.self))")
    }
}

extension UnsafeRawBufferPointer {
    /// Random numbers that the bytes determine.
    var generator: SeededGenerator {
        SeededGenerator(seed: reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
    }

    /// Calls `body` with copies of pieces of the bytes, cut at places that the bytes determine.
    func forEachPiece<Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
        var generator = generator
        // From one byte at a time to a few long pieces.
        let most = [1, 3, 16, 200, 5000].randomElement(using: &generator) ?? 1
        var start = 0
        while start < count {
            let end = Swift.min(count, start + Int.random(in: 0...most, using: &generator))
            let piece = Array(self[start..<end])
            var failure: Failure?
            piece.withUnsafeBytes { bytes in
                do throws(Failure) { try body(bytes) } catch { failure = error }
            }
            if let failure { throw failure }
            start = end
        }
    }

    /// What stands before and after the first such byte; both the whole if there is none.
    func split(at byte: UInt8) -> (UnsafeRawBufferPointer, UnsafeRawBufferPointer) {
        guard let place = firstIndex(of: byte) else { return (self, self) }
        return (UnsafeRawBufferPointer(rebasing: self[..<place]), UnsafeRawBufferPointer(rebasing: self[(place + 1)...]))
    }
}
