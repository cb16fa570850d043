internal import HTTP

/// The parser of server-sent events by itself.
enum SSEHarness {
    private struct Event: Equatable {
        let type: String
        let data: [UInt8]
        let id: String
    }

    private struct Outcome: Equatable {
        var events: [Event] = []
        var error: SSEError?
        var id = ""
        var reconnection: Int?
    }

    static func run(_ input: UnsafeRawBufferPointer) {
        var generator = input.generator
        let line = [8, 64, 1 << 20].randomElement(using: &generator) ?? 8
        let event = [16, 256, 1 << 20].randomElement(using: &generator) ?? 16
        let whole = parse(line: line, event: event) { feed throws(SSEError) in try feed(input) }
        let cut = parse(line: line, event: event) { feed throws(SSEError) in try input.forEachPiece(feed) }
        require(whole == cut, "events depend on where the stream is cut: \(whole) and \(cut)")
        for event in whole.events { require(!event.type.isEmpty, "an event has no type") }
    }

    private static func parse(
        line: Int, event: Int, _ body: (_ feed: (UnsafeRawBufferPointer) throws(SSEError) -> Void) throws(SSEError) -> Void
    ) -> Outcome {
        var parser = SSEParser(maxLineBytes: line, maxEventBytes: event)
        var outcome = Outcome()
        do throws(SSEError) {
            try body { piece throws(SSEError) in
                do {
                    try parser.feed(piece) { found in
                        require(found.data.count <= event, "an event has \(found.data.count) bytes, more than \(event)")
                        outcome.events.append(Event(type: found.type, data: Array(found.data), id: found.lastEventID))
                    }
                } catch let error as SSEError {
                    throw error
                } catch {
                    fatalError("broken promise: the parser throws \(error)")
                }
            }
        } catch {
            outcome.error = error
        }
        outcome.id = parser.lastEventID
        outcome.reconnection = parser.reconnectionMilliseconds
        return outcome
    }
}
