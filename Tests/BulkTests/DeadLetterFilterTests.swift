import Bulk
import Envelope
import TestSupport
import Testing

@Suite struct DeadLetterFilterTests {
    private func matches(_ letter: DeadLetter, value: [UInt8]? = nil, _ condition: (inout DeadLetterFilter) -> Void) -> Bool {
        var filter = DeadLetterFilter()
        condition(&filter)
        guard let value else { return filter.matches(letter, value: nil) }
        return value.withUnsafeBytes { filter.matches(letter, value: $0) }
    }

    @Test func eachConditionTellsOneLetterFromAnother() {
        #expect(matches(letter(1)) { _ in })
        #expect(matches(foreignLetter(1)) { _ in })
        #expect(matches(letter(1, code: .auth)) { $0.codes = [.auth, .timeout] })
        #expect(!matches(letter(1, code: .auth)) { $0.codes = [.timeout] })
        #expect(!matches(foreignLetter(1)) { $0.codes = [.timeout] })
        #expect(matches(letter(1, id: "a")) { $0.ids = ["a", "b"] })
        #expect(!matches(letter(1, id: "c")) { $0.ids = ["a", "b"] })
        #expect(!matches(letter(1)) { $0.ids = ["a"] })
        #expect(matches(letter(1, key: "k")) { $0.key = "k" })
        #expect(!matches(letter(1, key: "kk")) { $0.key = "k" })
        #expect(!matches(letter(1)) { $0.key = "" }, "no key is not an empty one")
        #expect(matches(letter(1, worker: "w-2")) { $0.worker = "w-2" })
        #expect(!matches(letter(1)) { $0.worker = "w-2" })
        #expect(matches(letter(7)) { $0.places = [place(7), place(8)] })
        #expect(!matches(letter(7)) { $0.places = [place(7, 1)] })
    }

    @Test func theTopicIsTheOneThatTheRequestWasFirstSentTo() {
        #expect(matches(letter(1)) { $0.topic = "requests" })
        #expect(matches(letter(1, replays: 0, root: "first")) { $0.topic = "first" })
        #expect(!matches(letter(1, replays: 0, root: "first")) { $0.topic = "requests" })
        #expect(!matches(foreignLetter(1)) { $0.topic = "requests" })
    }

    @Test func timesBeginAtSinceAndEndBeforeUntil() {
        #expect(matches(letter(1, time: 10)) { $0.since = 10 })
        #expect(!matches(letter(1, time: 9)) { $0.since = 10 })
        #expect(matches(letter(1, time: 9)) { $0.until = 10 })
        #expect(!matches(letter(1, time: 10)) { $0.until = 10 })
        #expect(!matches(letter(1, time: -1)) { $0.until = 10 }, "a letter without a time is in no span of time")
        #expect(matches(letter(1, time: -1)) { _ in })
    }

    @Test func aTextIsFoundWhereverItStands() {
        var random = SeededGenerator.forTest("aTextIsFoundWhereverItStands")
        for _ in 0..<2_000 {
            let value = (0..<Int.random(in: 0...12, using: &random)).map { _ in "ab".utf8.randomElement(using: &random)! }
            let text = String((0..<Int.random(in: 1...4, using: &random)).map { _ in "ab".randomElement(using: &random)! })
            let expected = String(decoding: value, as: UTF8.self).contains(text)
            #expect(matches(letter(1), value: value) { $0.text = text } == expected, "\(text) in \(value)")
        }
        #expect(!matches(letter(1), value: nil) { $0.text = "a" })
        #expect(matches(letter(1), value: [0xFF, 0x61]) { $0.text = "a" })
    }

    @Test func onlyAFilterWithoutConditionsIsEmpty() {
        #expect(DeadLetterFilter().isEmpty)
        let conditions: [(inout DeadLetterFilter) -> Void] = [
            { $0.codes = [.auth] }, { $0.ids = ["a"] }, { $0.places = [place(1)] }, { $0.key = "" }, { $0.topic = "" },
            { $0.worker = "" }, { $0.since = 0 }, { $0.until = 0 }, { $0.text = "" },
        ]
        for condition in conditions {
            var filter = DeadLetterFilter()
            condition(&filter)
            #expect(!filter.isEmpty, "\(filter)")
        }
    }

    @Test func placesAreReadAsTheyAreWritten() {
        #expect(DeadLetterPlace("llm.dead-letter/3/17")?.description == "llm.dead-letter/3/17")
        for wrong in ["", "dead", "dead/1", "/1/2", "dead/-1/2", "dead/1/-2", "dead/1/2/3", "dead/x/2", "dead/1/", "dead/4294967296/1"] {
            #expect(DeadLetterPlace(wrong) == nil, "\(wrong)")
        }
    }

    @Test func timesAreGivenAsSuchOrAsHowLongAgo() {
        let now: Int64 = 1_772_366_400_250
        #expect(TimeArgument.milliseconds("2026-03-01T12:00:00.250Z", now: 0) == now)
        #expect(TimeArgument.milliseconds("90s", now: now) == now - 90_000)
        #expect(TimeArgument.milliseconds("30m", now: now) == now - 1_800_000)
        #expect(TimeArgument.milliseconds("2h", now: now) == now - 7_200_000)
        #expect(TimeArgument.milliseconds("7d", now: now) == now - 604_800_000)
        #expect(TimeArgument.milliseconds("0s", now: now) == now)
        for wrong in [
            "", "h", "2", "2w", "-2h", "+2h", "2.5h", "2h ago", "99999999999999999999d", "9999999999999d", "40000d", "2026-03-01",
        ] {
            #expect(TimeArgument.milliseconds(wrong, now: now) == nil, "\(wrong)")
        }
    }
}
