import HTTP
import Testing

private struct Received: Hashable, Sendable {
    var type = "message"
    var data: String
    var id = ""
}

private func events(
    _ pieces: [[UInt8]], parser: SSEParser = SSEParser()
) throws -> (events: [Received], parser: SSEParser) {
    var parser = parser
    var received: [Received] = []
    for piece in pieces {
        try piece.withUnsafeBytes { bytes in
            try parser.feed(bytes) { event in
                received.append(Received(type: event.type, data: String(decoding: event.data, as: UTF8.self), id: event.lastEventID))
            }
        }
    }
    return (received, parser)
}

private func events(_ text: String) throws -> [Received] {
    try events([Array(text.utf8)]).events
}

@Suite struct SSEParserTests {
    @Test(arguments: ["\n", "\r", "\r\n"])
    func endsLinesWithAnyOfTheThreeLineEnds(lineEnd: String) throws {
        let text = ["data: one", "data: two", "", "data: three", "", ""].joined(separator: lineEnd)
        #expect(try events(text) == [Received(data: "one\ntwo"), Received(data: "three")])
    }

    @Test func readsTheSameWhereverThePiecesAreCut() throws {
        let text =
            "\u{feff}: hello\r\nevent: delta\r\nid: 7\r\ndata: {\"a\":\"\u{e9}\"}\r\r"
            + "data:x\n\ndata\n\ndata\ndata\n\nretry: 1500\r\n\r\ndata: never ended"
        let bytes = Array(text.utf8)
        let whole = try events([bytes])
        #expect(
            whole.events == [
                Received(type: "delta", data: "{\"a\":\"\u{e9}\"}", id: "7"), Received(data: "x", id: "7"), Received(data: "", id: "7"),
                Received(data: "\n", id: "7"),
            ])
        #expect(whole.parser.reconnectionMilliseconds == 1500)
        for first in 0...bytes.count {
            for second in stride(from: first, through: bytes.count, by: 3) {
                let cut = try events([Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])])
                #expect(cut.events == whole.events, "cut at \(first) and \(second)")
            }
        }
        #expect(try events(bytes.map { [$0] }).events == whole.events)
    }

    @Test func takesOneSpaceOffAValue() throws {
        #expect(try events("data:  two\n\ndata:none\n\ndata: a:b\n\n").map(\.data) == [" two", "none", "a:b"])
    }

    @Test func dispatchesNothingWithoutData() throws {
        #expect(try events("event: ping\n\n: comment\n\nid: 3\n\n") == [])
        // The type of an event that was not dispatched does not stick; the id does.
        #expect(try events("event: ping\n\nid: 3\n\ndata: x\n\n") == [Received(data: "x", id: "3")])
    }

    @Test func ignoresUnknownFieldsAndUnusableValues() throws {
        let (received, parser) = try events([Array("id: 1\nid: a\0b\nretry: 10\nretry: 1x\nother: 5\nDATA: no\ndata: x\n\n".utf8)])
        #expect(received == [Received(data: "x", id: "1")])
        #expect(parser.reconnectionMilliseconds == 10)
    }

    @Test func takesOffOneByteOrderMarkOnly() throws {
        #expect(try events("\u{feff}data: x\n\n") == [Received(data: "x")])
        #expect(try events("\u{feff}\u{feff}data: x\n\n") == [])
        #expect(try events("data: x\n\n\u{feff}data: y\n\n") == [Received(data: "x")])
    }

    @Test func refusesALineThatIsTooLong() throws {
        let parser = SSEParser(maxLineBytes: 16)
        #expect(try events([Array("data: 0123456789\n\n".utf8)], parser: parser).events == [Received(data: "0123456789")])
        #expect(throws: SSEError.lineTooLong(limit: 16)) { try events([Array("data: 0123456789a\n\n".utf8)], parser: parser) }
        #expect(throws: SSEError.lineTooLong(limit: 16)) {
            try events(Array(repeating: Array("data:".utf8), count: 4), parser: parser)
        }
    }

    @Test func refusesAnEventThatIsTooLarge() throws {
        #expect(throws: SSEError.eventTooLarge(limit: 20)) {
            try events([Array("data: 01234567\ndata: 01234567\ndata: 01234567\n\n".utf8)], parser: SSEParser(maxEventBytes: 20))
        }
    }

    @Test func passesOnWhatTheReceiverThrows() throws {
        struct Stop: Error {}
        var parser = SSEParser()
        let bytes = Array("data: x\n\n".utf8)
        #expect(throws: Stop.self) {
            try bytes.withUnsafeBytes { try parser.feed($0) { _ in throw Stop() } }
        }
    }
}
