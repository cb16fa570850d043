import EventLoop
import Testing

@testable import HTTP

@Suite struct DeadlineTableTests {
    private func at(_ nanoseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: nanoseconds) }

    @Test func aSweepTakesWhatIsDueAndNamesTheNextTime() {
        var table = DeadlineTable()
        let isEarlier = [table.set(0, to: at(30)), table.set(1, to: at(50)), table.set(7, to: at(10))]
        #expect(isEarlier == [true, false, true])
        #expect(table.nextSweep == at(10))
        let first = table.sweep(at: at(30))
        #expect(first == [0, 7])
        #expect(table.nextSweep == at(50))
        let later = [table.sweep(at: at(49)), table.sweep(at: at(50))]
        #expect(later == [[], [1]])
        #expect(table.nextSweep == nil)
    }

    @Test func aDeadlineThatIsMovedOrTakenAwayIsNotDue() {
        var table = DeadlineTable()
        _ = table.set(0, to: at(10))
        _ = table.set(1, to: at(10))
        let isEarlier = [table.set(0, to: nil), table.set(1, to: at(20))]
        #expect(isEarlier == [false, false])
        let due = table.sweep(at: at(15))
        #expect(due == [])
        #expect(table.nextSweep == at(20))
    }
}
