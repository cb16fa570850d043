import EventLoop
import Testing

@testable import Redis

@Suite struct CommandQueueTests {
    private func command(
        _ stage: PendingCommand.Stage, ticket: UInt64 = 0, deadline: UInt64 = 0, waiter: Waiter = .none
    ) -> PendingCommand {
        PendingCommand(ticket: ticket, waiter: waiter, deadline: MonotonicTime(nanoseconds: deadline), stage: stage)
    }

    @Test func keepsTheOrderAsItGrowsAndWraps() {
        var queue = CommandQueue()
        var generator = SystemRandomNumberGenerator()
        var next: UInt64 = 0
        var expected: UInt64 = 0
        for _ in 0..<20_000 {
            if Bool.random(using: &generator) || next - expected < 100 && Int.random(in: 0..<3) > 0 {
                queue.append(command(.sent, deadline: next))
                next += 1
            } else if let popped = queue.popFirst() {
                #expect(popped.deadline.nanoseconds == expected)
                expected += 1
            }
            #expect(queue.count == Int(next - expected))
        }
    }

    @Test(arguments: [[1, 2, 3, 4, 5], [4, 1, 5, 2, 3]]) func givesUpOnlyACommandThatIsStillThere(_ tickets: [UInt64]) async {
        var queue = CommandQueue()
        let result = await withUnsafeContinuation { continuation in
            for ticket in tickets { queue.append(command(.sent, ticket: ticket, waiter: ticket == 4 ? .task(continuation) : .none)) }
            #expect(queue.giveUp(3) == nil)
            #expect(queue.giveUp(6) == nil)
            guard let (waiter, stage) = queue.giveUp(4) else {
                Issue.record("the command was not found")
                return
            }
            #expect(stage == .sent)
            #expect(queue.giveUp(4) == nil)
            waiter.resume(returning: .success(.null))
        }
        #expect(result == .success(.null))
        #expect(queue.count == 5)
    }

    @Test func skipsWhatNobodyWaitsForWhenItSends() {
        let script = RedisScript(name: "x", source: "")
        var queue = CommandQueue()
        for index in 0..<6 {
            let waiter: Waiter = [0, 2, 3, 5].contains(index) ? .none : .scriptLoad(script)
            queue.append(command(.waiting(length: 10), deadline: UInt64(index), waiter: waiter))
        }
        var sent: [Range<Int>] = []
        queue.sendWaiting { sent.append($0) }
        #expect(sent == [10..<20, 40..<50])
        #expect(queue.popFirst()?.deadline.nanoseconds == 1)
        #expect(queue.popFirst()?.deadline.nanoseconds == 4)
        #expect(queue.isEmpty)
    }
}
