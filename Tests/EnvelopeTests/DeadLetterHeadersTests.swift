import Envelope
import Testing

@Suite struct DeadLetterHeadersTests {
    private let letter = DeadLetterHeaders(
        topic: "llm.requests", partition: 258, offset: 0x0102_0304_0506_0708, timestamp: 1_772_366_400_250, timestampType: .createTime,
        consumerGroup: "switchyard", code: .invalidJSON, message: "né", worker: "w1", attempts: 3, isTruncated: true)

    @Test func usesSpringsNamesAndEncodings() {
        let values = Dictionary(uniqueKeysWithValues: letter.headers.map { ($0.name, $0.value) })
        let expected: [String: [UInt8]] = [
            "kafka_dlt-original-topic": Array("llm.requests".utf8), "kafka_dlt-original-partition": [0, 0, 1, 2],
            "kafka_dlt-original-offset": [1, 2, 3, 4, 5, 6, 7, 8], "kafka_dlt-original-timestamp": [0, 0, 1, 156, 169, 69, 10, 250],
            "kafka_dlt-original-timestamp-type": Array("CreateTime".utf8), "kafka_dlt-original-consumer-group": Array("switchyard".utf8),
            "kafka_dlt-exception-fqcn": Array("switchyard.invalid_json".utf8), "kafka_dlt-exception-message": Array("né".utf8),
            "switchyard-error-code": Array("invalid_json".utf8), "switchyard-error-message": Array("né".utf8),
            "switchyard-origin": Array("llm.requests/258/72623859790382856".utf8), "switchyard-worker": Array("w1".utf8),
            "switchyard-attempts": Array("3".utf8), "switchyard-truncated": Array("true".utf8),
        ]
        #expect(values == expected)
        #expect(letter.headers.allSatisfy { DeadLetterHeaders.owns($0.name) })
        #expect(!DeadLetterHeaders.owns("traceparent"))
    }

    @Test func readsBackWhatItWrites() {
        #expect(DeadLetterHeaders(reading: letter.headers) == letter)
        var plain = letter
        plain.isTruncated = false
        plain.timestamp = -1
        plain.timestampType = .none
        plain.offset = .max
        plain.partition = 0
        let others = [MessageHeader("traceparent", "00-x"), MessageHeader("switchyard-error-code", "timeout")]
        #expect(DeadLetterHeaders(reading: others + plain.headers) == plain)
    }

    @Test(arguments: ["", "three", "\u{FF}"])
    func countsNoAttemptsWhereNoneAreTold(value: String) {
        let others = letter.headers.filter { $0.name != "switchyard-attempts" }
        #expect(DeadLetterHeaders(reading: others)?.attempts == 0, "a letter from before there was such a header")
        #expect(DeadLetterHeaders(reading: others + [MessageHeader("switchyard-attempts", value)])?.attempts == 0)
    }

    @Test func refusesHeadersThatAreMissingOrNotReadable() {
        for index in letter.headers.indices {
            let name = letter.headers[index].name
            let optional: Set = [
                "kafka_dlt-exception-fqcn", "kafka_dlt-exception-message", "switchyard-origin", "switchyard-attempts",
                "switchyard-truncated",
            ]
            if optional.contains(name) { continue }
            var headers = letter.headers
            headers.remove(at: index)
            #expect(DeadLetterHeaders(reading: headers) == nil, "without \(name)")
            headers.append(MessageHeader(name: name, value: [0xFF]))
            #expect(DeadLetterHeaders(reading: headers) == nil, "bad \(name)")
        }
        #expect(DeadLetterHeaders(reading: []) == nil)
    }

    @Test func everyCodeHasASpelling() {
        for code in ErrorCode.allCases {
            #expect(code.rawValue.utf8.allSatisfy { $0 == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) })
            #expect(ErrorCode(rawValue: code.rawValue) == code)
        }
        #expect(ErrorCode.allCases.count == 32)
        #expect(ErrorCode.allCases.filter(\.retryable).count == 10)
    }
}
