import Envelope
import Foundation
import TestSupport
import Testing

@Suite struct LineageTests {
    private let origin = MessageOrigin(topic: "llm.requests", partition: 3, offset: 258, timestamp: 1_772_366_400_250)

    private var postponed: Lineage {
        var lineage = Lineage(origin: origin)
        (lineage.generation, lineage.replays, lineage.began, lineage.notBefore) = (4, 1, 1_772_366_400_300, 1_772_366_460_300)
        lineage.attempts = [
            Attempt(provider: "main", model: "gpt \"4\"", status: 429, milliseconds: 12.5, error: .rateLimited),
            Attempt(provider: "main", model: "gpt", status: nil, milliseconds: 0.001, error: .timeout),
            Attempt(provider: "other", model: "né", status: 200, milliseconds: 3),
        ]
        return lineage
    }

    private func read(_ headers: [MessageHeader]) -> Lineage? {
        // The value's address is of use only inside the call, as with a consumed message it is of use as long as that is kept.
        let copies = headers.map { header in
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: header.value.count, alignment: 1)
            copy.copyBytes(from: header.value)
            return (name: header.name, value: UnsafeRawBufferPointer(copy))
        }
        defer { for copy in copies { copy.value.deallocate() } }
        return Lineage { name in copies.last { $0.name == name }?.value }
    }

    private func values(_ headers: [MessageHeader]) -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: headers.map { ($0.name, $0.value) })
    }

    // MARK: Writing

    @Test func aMessageThatWaitsTellsItsHistoryInSpringsNamesToo() throws {
        let values = values(postponed.headers)
        #expect(
            values.keys.sorted() == [
                "retry_topic-attempts", "retry_topic-backoff-timestamp", "retry_topic-original-timestamp", "switchyard-began",
                "switchyard-generation", "switchyard-history", "switchyard-not-before", "switchyard-replays", "switchyard-root",
            ])
        #expect(values["switchyard-root"] == Array("llm.requests/3/258@1772366400250".utf8))
        #expect(values["switchyard-generation"] == Array("4".utf8))
        #expect(values["switchyard-replays"] == Array("1".utf8))
        #expect(values["switchyard-began"] == Array("1772366400300".utf8))
        #expect(values["switchyard-not-before"] == Array("1772366460300".utf8))
        #expect(values["retry_topic-attempts"] == [0, 0, 0, 3])
        #expect(values["retry_topic-original-timestamp"] == [0, 0, 1, 156, 169, 69, 10, 250])
        #expect(values["retry_topic-backoff-timestamp"] == [0, 0, 1, 156, 169, 69, 245, 140])
        let history = try #require(values["switchyard-history"])
        #expect(
            try JSONSerialization.jsonObject(with: Data(history)) as? NSArray == [
                ["provider": "main", "model": "gpt \"4\"", "status": 429, "ms": 12.5, "error": "rate_limited"] as NSDictionary,
                ["provider": "main", "model": "gpt", "status": NSNull(), "ms": 0.001, "error": "timeout"] as NSDictionary,
                ["provider": "other", "model": "né", "status": 200, "ms": 3] as NSDictionary,
            ])
        #expect(postponed.headers.allSatisfy { Lineage.owns($0.name) })
    }

    @Test func aReplayedMessageBeginsAnew() {
        let next = postponed.replayed()
        #expect(next.origin == origin)
        #expect((next.generation, next.replays) == (5, 2))
        #expect(next.attempts.isEmpty && next.began == nil && next.notBefore == nil)
        #expect(
            next.headers == [
                MessageHeader("switchyard-root", "llm.requests/3/258@1772366400250"), MessageHeader("switchyard-generation", "5"),
                MessageHeader("switchyard-replays", "2"),
            ])
        #expect((Lineage(origin: origin).replayed().generation, Lineage(origin: origin).replayed().replays) == (1, 1))
    }

    @Test func itsHeadersAreNobodyElses() {
        #expect(Lineage.owns(Lineage.marker))
        for name in ["traceparent", "content-type", "switchyard-attempts", "switchyard-status", "kafka_dlt-original-topic"] {
            #expect(!Lineage.owns(name), "\(name)")
        }
        #expect(postponed.headers.allSatisfy { !DeadLetterHeaders.owns($0.name) })
    }

    // MARK: Reading

    @Test func readsBackWhatItWrites() {
        #expect(read(postponed.headers) == postponed)
        #expect(read(postponed.replayed().headers) == postponed.replayed())
        let unstamped = Lineage(origin: MessageOrigin(topic: "t", partition: 0, offset: 0, timestamp: -1))
        #expect(read(unstamped.headers) == unstamped)
        #expect(read([MessageHeader("traceparent", "x")] + postponed.headers + [MessageHeader("switchyard-replays", "2")])?.replays == 2)
    }

    @Test func readsBackWhateverItWrites() {
        var random = SeededGenerator.forTest("readsBackWhateverItWrites")
        let codes: [ErrorCode?] = [nil, .timeout, .rateLimited]
        for _ in 0..<500 {
            var lineage = Lineage(
                origin: MessageOrigin(
                    topic: "a.b_c-\(Int.random(in: 0..<9, using: &random))", partition: .random(in: 0...(.max), using: &random),
                    offset: .random(in: 0...(.max), using: &random), timestamp: .random(in: -1...(.max), using: &random)))
            lineage.generation = .random(in: 0..<1_000_000, using: &random)
            lineage.replays = .random(in: 0..<1_000_000, using: &random)
            lineage.began = Bool.random(using: &random) ? .random(in: 0...(.max), using: &random) : nil
            if Bool.random(using: &random) {
                lineage.notBefore = .random(in: 0...(.max), using: &random)
                lineage.attempts = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    Attempt(
                        provider: "p\"\\\n", model: "é\u{1F600}", status: Bool.random(using: &random) ? 503 : nil,
                        milliseconds: Double(Int.random(in: 0..<1_000_000, using: &random)) / 8,
                        error: codes.randomElement(using: &random) ?? nil)
                }
            }
            #expect(read(lineage.headers) == lineage)
        }
    }

    @Test func aMessageWithoutTheHeadersHasNone() {
        #expect(read([]) == nil)
        #expect(read([MessageHeader("traceparent", "x")]) == nil)
        for name in ["switchyard-root", "switchyard-generation", "switchyard-replays"] {
            #expect(read(postponed.headers.filter { $0.name != name }) == nil, "without \(name)")
            for value in ["", "x", "-1", "1.5", "1000000", "99999999999999999999"] {
                #expect(read(postponed.headers + [MessageHeader(name, value)]) == nil, "\(name): \(value)")
            }
        }
    }

    @Test func whatCannotBeReadOfTheRestIsAsIfItWereNotThere() {
        let headers = postponed.headers
        #expect(read(headers + [MessageHeader("switchyard-began", "soon")])?.began == nil)
        #expect(read(headers + [MessageHeader("switchyard-not-before", "-5")])?.notBefore == nil)
        for history in ["", "{}", "[1]", #"[{"provider":"p"}]"#, "[", "\u{FF}"] {
            #expect(read(headers + [MessageHeader("switchyard-history", history)])?.attempts == [], "\(history)")
        }
        let odd = #"[{"provider":"p","model":"m","status":null,"ms":1,"error":"not_yet_known","more":1}]"#
        #expect(
            read(headers + [MessageHeader("switchyard-history", odd)])?.attempts
                == [Attempt(provider: "p", model: "m", status: nil, milliseconds: 1)])
    }

    // MARK: MessageOrigin

    @Test func anOriginIsReadAsItIsWritten() {
        #expect(origin.place == "llm.requests/3/258")
        #expect(origin.description == "llm.requests/3/258@1772366400250")
        #expect(MessageOrigin(origin.description) == origin)
        for other in [
            MessageOrigin(topic: "t", partition: 3, offset: 258, timestamp: 1_772_366_400_250),
            MessageOrigin(topic: "llm.requests", partition: 4, offset: 258, timestamp: 1_772_366_400_250),
            MessageOrigin(topic: "llm.requests", partition: 3, offset: 259, timestamp: 1_772_366_400_250),
            MessageOrigin(topic: "llm.requests", partition: 3, offset: 258, timestamp: -1),
        ] {
            #expect(other.description != origin.description)
            #expect(MessageOrigin(other.description) == other)
        }
    }

    @Test(arguments: [
        "", "@", "t/1/2", "t/1/2@", "t/1@5", "t/1/2/3@5", "/1/2@5", "t/x/2@5", "t/1/x@5", "t/1/2@x", "t/1/2@5@6", "t/2147483648/1@5",
        "t//2@5",
    ])
    func whatIsNoOriginIsNotReadAsOne(text: String) {
        #expect(MessageOrigin(text) == nil)
    }
}
