import Envelope
import Testing

@testable import Worker

@Suite struct ReportTests {
    private func report(withEvent: Bool) -> Report {
        let id = Array(#""id-1""#.utf8)
        return id.withUnsafeBytes { id in
            let timings = Timings()
            let response = ResponseEnvelope(
                id: id, type: .chat, outcome: .failure(code: .timeout, message: "late", retryable: true), timings: timings)
            let event = EventEnvelope(kind: .failed, id: id, time: 0, worker: "w", timings: timings)
            return Report(response, withEvent ? event : nil)
        }
    }

    private func text(_ bytes: UnsafeRawBufferPointer?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test(arguments: [true, false]) func whatTheLedgerRemembersIsPublishedAsItWas(withEvent: Bool) throws {
        let report = report(withEvent: withEvent)
        #expect(text(report.response)?.hasPrefix(#"{"version":1,"id":"id-1""#) == true)
        #expect((report.event == nil) == !withEvent)
        let again = try #require(Report(remembered: Array(report.bytes)))
        #expect(text(again.response) == text(report.response))
        #expect(text(again.event) == text(report.event))
    }

    @Test(arguments: [[], [0], [0, 0, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 9, 1], [255, 255, 255, 255, 1]] as [[UInt8]])
    func whatIsNoReportIsNotBelieved(bytes: [UInt8]) {
        #expect(Report(remembered: bytes) == nil)
    }
}
