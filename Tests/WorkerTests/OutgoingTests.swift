import Envelope
import Testing

@testable import Worker

@Suite struct OutgoingTests {
    private let reason = DeadLetterHeaders(
        topic: "t", partition: 0, offset: 1, timestamp: 2, timestampType: .createTime, consumerGroup: "g", code: .invalidJSON, message: "m",
        worker: "w")

    @Test func aDeadLetterIsCutShortAndThenStrippedButKeepsItsReasonAndItsLineage() {
        let value = [UInt8](repeating: 1, count: 100_000)
        value.withUnsafeBytes { value in
            let lineage = Lineage(origin: MessageOrigin(topic: "t", partition: 0, offset: 1, timestamp: 2))
            var letter = Outgoing(
                role: .deadLetter, topic: "d", key: [1], value: value,
                headers: [MessageHeader("own", "x")] + lineage.headers + reason.headers)
            var isShorter = letter.truncateLetter()
            #expect(isShorter)
            #expect(letter.value?.count == 65_536)
            #expect(letter.key == [1])
            #expect(letter.headers.contains { $0.name == "own" })
            #expect(DeadLetterHeaders(reading: letter.headers)?.isTruncated == true)
            isShorter = letter.truncateLetter()
            #expect(isShorter)
            #expect(letter.key == nil)
            #expect(!letter.headers.contains { $0.name == "own" })
            #expect(letter.headers.contains { $0.name == Lineage.marker })
            #expect(DeadLetterHeaders(reading: letter.headers)?.code == .invalidJSON)
            isShorter = letter.truncateLetter()
            #expect(!isShorter)
        }
    }
}
