import Testing

@testable import Coordination

@Suite struct UnconfirmedReportsTests {
    private func report(_ name: String, bytes: Int = 1) -> UnconfirmedReports.Report {
        UnconfirmedReports.Report(key: name, owner: name, isFinal: false, stored: Array(repeating: 0, count: bytes))
    }

    @Test func whatALostConnectionMayHaveSwallowedIsPostedAgain() {
        var reports = UnconfirmedReports(capacity: 10, byteLimit: 100)
        reports.add(report("a"), on: 1)
        reports.add(report("b"), on: 1)
        reports.confirm(upTo: 1, on: 1)
        reports.add(report("c"), on: 1)
        reports.add(report("d"), on: -1)
        let lost = reports.takeLost(but: 2)
        #expect(lost.map(\.key) == ["b", "c", "d"])
        #expect(reports.takeLost(but: 2).isEmpty)
    }

    @Test func anAnswerOnANewConnectionConfirmsNothingOfTheOld() {
        var reports = UnconfirmedReports(capacity: 10, byteLimit: 100)
        reports.add(report("a"), on: 1)
        reports.confirm(upTo: 1, on: 2)
        #expect(reports.takeLost(but: 2).map(\.key) == ["a"])
    }

    @Test func theOldestAreLetGoOf() {
        var reports = UnconfirmedReports(capacity: 2, byteLimit: 100)
        for name in ["a", "b", "c"] { reports.add(report(name), on: 1) }
        #expect(reports.takeLost(but: 2).map(\.key) == ["b", "c"])
        for name in ["d", "e"] { reports.add(report(name, bytes: 60), on: 1) }
        #expect(reports.takeLost(but: 2).map(\.key) == ["e"])
    }
}
