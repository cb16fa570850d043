import Envelope
import Foundation
import TestSupport
import Testing

@Suite struct TimestampTests {
    private func parse(_ text: String) -> Int64? {
        withBytes(Array(text.utf8)) { Timestamp.milliseconds(parsing: $0) }
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.001Z", 1),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2026-03-01T12:00:00Z", 1_772_366_400_000),
            ("2026-03-01t12:00:00z", 1_772_366_400_000),
            ("2026-03-01 12:00:00Z", 1_772_366_400_000),
            ("2026-03-01T13:30:00+01:30", 1_772_366_400_000),
            ("2026-03-01T04:00:00-08:00", 1_772_366_400_000), ("2026-03-01T12:00:00-00:00", 1_772_366_400_000),
            ("2026-03-01T12:00:00.2Z", 1_772_366_400_200), ("2026-03-01T12:00:00.123999999+00:00", 1_772_366_400_123),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000), ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
            ("2017-01-01T00:59:60+01:00", 1_483_228_800_000),
            ("9999-12-31T23:59:59.999Z", Timestamp.latest),
            ("0000-01-01T00:00:00Z", Timestamp.earliest),
        ] as [(String, Int64)])
    func readsTimes(_ text: String, _ milliseconds: Int64) {
        #expect(parse(text) == milliseconds)
    }

    @Test(arguments: [
        "", "2026-03-01", "2026-03-01T12:00:00", "2026-03-01T12:00Z", "2026-3-1T12:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z", "2026-01-01T12:00:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00+01",
        "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60", "2026-01-01T00:00:00Zx",
        "2026-01-01T00:00:00+01:00x",
        "+026-01-01T00:00:00Z", "2026-01-01T00:00:00,5Z", "2026/01/01T00:00:00Z", "2026-01-01X00:00:00Z", "２026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.123",
    ])
    func refusesOtherTexts(_ text: String) {
        #expect(parse(text) == nil)
    }

    @Test func agreesWithFoundation() {
        var generator = SeededGenerator.forTest("agreesWithFoundation")
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for _ in 0..<3000 {
            let milliseconds = Int64.random(in: -2_208_988_800_000...4_102_444_800_000, using: &generator)
            let text = written { $0.appendTimestamp(milliseconds: milliseconds) }
            #expect(parse(text) == milliseconds)
            let whole = milliseconds - (milliseconds % 1000 + 1000) % 1000
            let expected = Date(timeIntervalSince1970: Double(whole / 1000)).formatted(style).prefix(19)
            #expect(text.prefix(19) == expected)
        }
    }

    @Test func daysAndDatesAgreeOverCenturies() {
        var previous = CivilDate(daysSince1970: -400_000)
        for days in -399_999...400_000 {
            let date = CivilDate(daysSince1970: days)
            let isNext = date.day == previous.day + 1 && date.month == previous.month && date.year == previous.year
            let isNewMonth = date.day == 1 && (date.month == previous.month + 1 || date.month == 1 && date.year == previous.year + 1)
            guard isNext || isNewMonth, date.daysSince1970 == days else {
                Issue.record("day \(days) is \(date), after \(previous)")
                return
            }
            previous = date
        }
    }

    @Test func clampsTimesThatCannotBeWritten() {
        #expect(written { $0.appendTimestamp(milliseconds: .max) } == "9999-12-31T23:59:59.999Z")
        #expect(written { $0.appendTimestamp(milliseconds: .min) } == "0000-01-01T00:00:00.000Z")
    }
}
