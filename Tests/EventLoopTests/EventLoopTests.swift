import CLinux
import Glibc
import Synchronization
import Testing

@testable import EventLoop

private actor Resident {
    let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private var signal: EventSignal?
    private var signalCalls = 0
    private var timers: [LoopTimer] = []
    private var fired: [Int] = []
    private var servedAfterRemoval = false

    init(loop: EventLoop) { self.loop = loop }

    func isOnLoop() -> Bool { loop.isCurrent }

    func sleep(_ duration: Duration) async throws -> Bool {
        try await loop.sleep(for: duration)
        return loop.isCurrent
    }

    func countOfSignals(_ writes: Int) async -> Int {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let signal = EventSignal(loop: loop) {
                self.signalCalls += 1
                continuation.resume()
            }
            for _ in 0..<writes {
                var one: UInt64 = 1
                write(signal.descriptor, &one, 8)
            }
            self.signal = signal
        }
        signal = nil
        return signalCalls
    }

    func orderOfTimers(_ delays: [Int]) async -> [Int] {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            for delay in delays {
                let timer = loop.makeTimer {
                    self.fired.append(delay)
                    if self.fired.count == delays.count { continuation.resume() }
                }
                timer.arm(after: .milliseconds(delay))
                timers.append(timer)
            }
        }
        timers = []
        return fired
    }

    func servesADescriptorRemovedInTheSameTurn() async -> Bool {
        let pipes = [pipeWithAByte(), pipeWithAByte()]
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            for (index, ends) in pipes.enumerated() {
                loop.register(ends.0, interest: .read) { _ in
                    if !self.loop.isRegistered(ends.0) { self.servedAfterRemoval = true }
                    self.loop.deregister(ends.0)
                    self.loop.deregister(pipes[1 - index].0)
                    self.loop.atTurnEnd { continuation.resume() }
                }
            }
        }
        for ends in pipes {
            close(ends.0)
            close(ends.1)
        }
        return servedAfterRemoval
    }

    private func pipeWithAByte() -> (Int32, Int32) {
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        var byte: UInt8 = 1
        write(ends[1], &byte, 1)
        return (ends[0], ends[1])
    }
}

@Suite struct EventLoopTests {
    private func withLoop<Result, Failure: Error>(_ body: (EventLoop) async throws(Failure) -> Result) async throws(Failure) -> Result {
        let loop = EventLoop(name: "test-loop")
        defer { loop.shutDown() }
        return try await body(loop)
    }

    @Test func actorsAndTasksStayOnTheLoop() async throws {
        try await withLoop { (loop) async throws in
            let resident = Resident(loop: loop)
            #expect(await resident.isOnLoop())
            #expect(try await resident.sleep(.milliseconds(1)))
            let preferring = Task(executorPreference: loop) { @concurrent in loop.isCurrent }
            #expect(await preferring.value)
        }
    }

    @Test func aCancelledSleepEndsAtOnce() async throws {
        await withLoop { loop in
            let resident = Resident(loop: loop)
            let sleeper = Task { try await resident.sleep(.seconds(3600)) }
            sleeper.cancel()
            await #expect(throws: CancellationError.self) { try await sleeper.value }
        }
    }

    @Test func manyWritesToASignalAreOneCall() async {
        await withLoop { loop in
            #expect(await Resident(loop: loop).countOfSignals(5) == 1)
        }
    }

    @Test func timersFireInOrder() async {
        await withLoop { loop in
            #expect(await Resident(loop: loop).orderOfTimers([9, 3, 6, 1]) == [1, 3, 6, 9])
        }
    }

    @Test func aDescriptorRemovedByAnotherHandlerIsNotServed() async {
        await withLoop { loop in
            #expect(await Resident(loop: loop).servesADescriptorRemovedInTheSameTurn() == false)
        }
    }

    @Test func workFromManyThreadsAllRuns() async {
        let loop = EventLoop(name: "test-loop")
        let count = await withTaskGroup(of: Int.self) { group in
            for number in 0..<1_000 {
                group.addTask {
                    await withUnsafeContinuation { continuation in
                        loop.execute { continuation.resume(returning: number) }
                    }
                }
            }
            return await group.reduce(0, +)
        }
        loop.shutDown()
        #expect(count == 499_500)
    }

    @Test func aLoopThatIsShutDownHasRunWhatWasEnqueuedBefore() {
        let ran = Mutex(0)
        let loop = EventLoop(name: "short-lived")
        for _ in 0..<100 { loop.execute { ran.withLock { $0 += 1 } } }
        loop.shutDown()
        #expect(ran.withLock { $0 } == 100)
    }
}
