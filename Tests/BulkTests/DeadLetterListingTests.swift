import Bulk
import Envelope
import Foundation
import Testing

@Suite struct DeadLetterListingTests {
    private let listed = [
        ListedDeadLetter(letter(17, code: .rateLimited, time: 1_772_366_400_250, key: "k", id: "a"), wasReplayed: true),
        ListedDeadLetter(letter(18, code: .auth, id: String(repeating: "x", count: 100), replays: 2), wasReplayed: false),
        ListedDeadLetter(letter(19, code: .auth, time: -1, id: "\u{1B}[2J"), wasReplayed: false),
        ListedDeadLetter(foreignLetter(20), wasReplayed: false),
    ]

    @Test func theTableHasALineForEachLetterInColumns() {
        let lines = DeadLetterListing.table(listed)
        #expect(lines.count == 5)
        #expect(lines[1].hasPrefix("dead/0/17  2026-03-01T12:00:00.250Z  rate_limited  requests/1/2  a "))
        #expect(lines[1].hasSuffix("  4         w-1     10     0, replayed"), "\(lines[1])")
        #expect(lines[2].contains("first/5/6") && lines[2].contains("xxx…"))
        #expect(lines[3].contains("\\u{1b}[2J") && !lines[3].contains("\u{1B}"))
        let column = lines[0].distance(from: lines[0].startIndex, to: lines[0].range(of: "CODE")?.lowerBound ?? lines[0].endIndex)
        #expect(lines.dropFirst().map { $0.dropFirst(column).prefix(4) } == ["rate", "auth", "auth", "-   "])
    }

    @Test func theTotalsNameTheMostFrequentFirst() {
        #expect(DeadLetterListing.totals(listed) == "4 dead letters: 2 auth, 1 of others, 1 rate_limited; 1 were replayed")
    }

    @Test func aLetterIsAnObjectWithAllThatIsKnown() throws {
        func object(_ index: Int) throws -> NSDictionary {
            let line = DeadLetterListing.json(listed[index])
            #expect(!line.contains("\n"))
            return try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary)
        }
        let null = NSNull()
        #expect(
            try object(0) == [
                "place": "dead/0/17", "time": "2026-03-01T12:00:00.250Z", "code": "rate_limited", "message": "it failed",
                "request": "requests/1/2", "id": "a", "key": "k", "attempts": 4, "worker": "w-1", "bytes": 10, "truncated": false,
                "replays": 0, "replayed": true,
            ])
        #expect(try object(2)["id"] as? String == "\u{1B}[2J")
        #expect(
            try object(3) == [
                "place": "dead/0/20", "time": "1970-01-01T00:00:01.000Z", "code": null, "message": null, "request": null, "id": null,
                "key": null, "attempts": null, "worker": null, "bytes": 10, "truncated": false, "replays": 0, "replayed": false,
            ])
    }

    @Test func headersAreShownAsWhatTheyMean() {
        let headers: [(name: String, value: [UInt8]?)] = [
            ("kafka_dlt-original-offset", [0, 0, 0, 0, 0, 0, 1, 2]), ("kafka_dlt-original-partition", [0, 0, 0, 3]),
            ("kafka_dlt-original-timestamp", [255, 255, 255, 255, 255, 255, 255, 255]), ("retry_topic-attempts", [1]),
            ("plain", Array("né".utf8)), ("odd", [0xFF, 0x0A]), ("bell", [7]), ("null", nil),
        ]
        let lines = DeadLetterDisplay.text(letter(1, key: "k"), headers: headers, value: Array("{}".utf8)).split(separator: "\n")
        func value(_ name: String) -> String? {
            lines.first { $0.hasPrefix("  \(name) ") }.map { $0.dropFirst(2 + name.count).drop { $0 == " " } }.map(String.init)
        }
        #expect(value("kafka_dlt-original-offset") == "258")
        #expect(value("kafka_dlt-original-partition") == "3")
        #expect(value("kafka_dlt-original-timestamp") == "-1")
        #expect(value("retry_topic-attempts") == "\\u{1}")
        #expect(value("plain") == "né")
        #expect(value("odd") == "0xff0a")
        #expect(value("bell") == "\\u{7}")
        #expect(value("null") == "null")
        #expect(lines.last == "{}")
    }

    @Test func aValueThatIsNoTextIsDumped() {
        func last(_ value: [UInt8]?) -> [Substring] {
            DeadLetterDisplay.text(letter(1), headers: [], value: value).split(separator: "\n").suffix(2)
        }
        let value = (0..<20).map { UInt8($0 + 0x50) } + [0xFF]
        #expect(
            last(value) == [
                "00000000  50 51 52 53 54 55 56 57 58 59 5a 5b 5c 5d 5e 5f  |PQRSTUVWXYZ[\\]^_|",
                "00000010  60 61 62 63 ff                                   |`abc.|",
            ])
        #expect(last(Array("a\u{1B}[2J".utf8))[1].hasPrefix("00000000  61 1b"))
        #expect(last(Array("a\tb c".utf8)).last == "a\tb c")
        #expect(last([UInt8](repeating: 0, count: 5_000)).last == "… and 904 bytes more; --raw writes them all")
        #expect(last(nil).last == "none: a tombstone")
    }
}
