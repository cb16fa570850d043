import Envelope
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct JSONPropertyTests {
    @Test func acceptsWhatFoundationAccepts() throws {
        var generator = SeededGenerator.forTest("acceptsWhatFoundationAccepts")
        for _ in 0..<3000 {
            let text = RandomJSON.value(depth: 5, using: &generator)
            #expect(throws: Never.self, "\(text)") { try foundation(text) }
            #expect(throws: Never.self, "\(text)") { try scan(Array(text.utf8)).get() }
        }
    }

    @Test func judgesDamagedTextAsFoundationDoes() {
        var generator = SeededGenerator.forTest("judgesDamagedTextAsFoundationDoes")
        var refused = 0
        for _ in 0..<10_000 {
            var bytes = Array("[\(RandomJSON.value(depth: 3, using: &generator))]".utf8)
            for _ in 0..<Int.random(in: 1...2, using: &generator) { RandomJSON.damage(&bytes, using: &generator) }
            // Foundation takes NUL among the first four bytes for UTF-16 or UTF-32, and skips a byte order mark.
            guard !bytes.prefix(4).contains(where: { $0 == 0 || $0 >= 0xEF }) else { continue }
            // It also accepts a comma before the end of an array or object, which RFC 8259 does not, and refuses numbers too large for a double.
            guard String(decoding: bytes, as: UTF8.self).firstMatch(of: /,\s*[\]}]|[eE][+-]?\d{3}|\d{200}/) == nil else { continue }
            let isAccepted = (try? scan(bytes).get()) != nil
            let isAcceptedByFoundation =
                (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
            if !isAccepted { refused += 1 }
            #expect(isAccepted == isAcceptedByFoundation, "\(String(decoding: bytes, as: UTF8.self)) \(bytes)")
        }
        #expect(refused > 500)
    }

    @Test func readsStringsAndNumbersAsOthersDo() throws {
        var generator = SeededGenerator.forTest("readsStringsAndNumbersAsOthersDo")
        for _ in 0..<3000 {
            let string = RandomJSON.string(using: &generator)
            let number = RandomJSON.number(using: &generator)
            #expect(reading(string, JSONText.string) == (try foundation(string) as? String), "\(string)")
            #expect(reading(number, JSONText.double) == strtod(number, nil), "\(number)")
        }
    }

    @Test func whatIsWrittenReadsBack() throws {
        var generator = SeededGenerator.forTest("whatIsWrittenReadsBack")
        for _ in 0..<3000 {
            let string = RandomJSON.text(using: &generator)
            #expect(try foundation(written { $0.appendJSON(string) }) as? String == string)
            let double = Double(bitPattern: generator.next())
            guard double.isFinite else { continue }
            let text = written { $0.append(double) }
            #expect(try scan(Array(text.utf8)).get().kind == .number)
            #expect(Double(text) == double)
        }
    }

    @Test func envelopesWithRandomPayloadsPassThroughUnchanged() throws {
        var generator = SeededGenerator.forTest("envelopesWithRandomPayloadsPassThroughUnchanged")
        for _ in 0..<1000 {
            let id = RandomJSON.string(using: &generator)
            let metadata = "{\"m\":\(RandomJSON.value(depth: 3, using: &generator))}"
            let extra = RandomJSON.value(depth: 3, using: &generator)
            let input = RandomJSON.string(using: &generator)
            let message = #"{"input": \#(input),"id":\#(id),"extra":{"x" :\#(extra)},"metadata":\#(metadata)}"#
            let name = try foundation(id) as? String ?? ""
            guard !name.isEmpty, !name.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
                #expect(throws: EnvelopeError.self) { try decode(message) }
                continue
            }
            let request = try decode(message)
            #expect(request.id == name)
            #expect(text(message, request.idRange) == id)
            #expect(text(message, request.metadata) == metadata)
            #expect(request.payload.map { text(message, $0.member) } == ["\"input\": \(input)", "\"x\" :\(extra)"])
        }
    }
}
