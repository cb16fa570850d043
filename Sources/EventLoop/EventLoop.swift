internal import CLinux
internal import Glibc
internal import Synchronization

/// One thread that waits on epoll and runs, in turn, the Swift jobs enqueued on it, the handlers of descriptors that are ready,
/// and timers that are due.
///
/// It is a `TaskExecutor`, for tasks that prefer it, and a `SerialExecutor`, for the actors that live on it, so a request that
/// waits for Kafka, Redis and HTTP never leaves this thread. Nothing that runs here may block.
///
/// Members marked *loop only* may be used only on the loop's thread, which is checked.
package final class EventLoop: TaskExecutor, SerialExecutor {
    package typealias Handler = (Readiness) -> Void

    private struct Inbox {
        var jobs: [UnownedJob] = []
        var closures: [@Sendable () -> Void] = []
        var wakeUpSent = false
        var stopping = false
    }

    private struct Registration {
        let generation: UInt32
        let handler: Handler
    }

    /// The part of the loop that belongs to its thread.
    private struct Confined: ~Copyable {
        let poller = Poller()
        var registrations: [Int32: Registration] = [:]
        var nextGeneration: UInt32 = 0
        var timers = TimerQueue()
        var timerHandlers: [() -> Void] = []
        var ready: [UnownedJob] = []
        var atTurnEnd: [() -> Void] = []
    }

    private let name: String
    private let wakeUp: Int32
    private let inbox = Mutex(Inbox())
    // Set once before the thread runs anything, then only read.
    private nonisolated(unsafe) var thread = pthread_t()
    // Touched only on the loop's thread; every access goes through a loop-only member that checks it.
    private nonisolated(unsafe) var confined = Confined()

    /// Starts the loop's thread.
    ///
    /// - Parameter name: the thread's name, as tools like `top -H` show it; at most 15 bytes are kept.
    package init(name: String) {
        self.name = String(name.prefix(15))
        wakeUp = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(wakeUp >= 0, "eventfd failed: \(String(cString: strerror(errno)))")
        let context = Unmanaged.passRetained(self).toOpaque()
        let result = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().main()
                return nil
            }, context)
        precondition(result == 0, "pthread_create failed: \(result)")
    }

    deinit {
        close(wakeUp)
    }

    /// Ends the loop after the jobs already enqueued have run, and waits for its thread. Not to be called on the loop itself.
    package func shutDown() {
        precondition(!isCurrent, "a loop cannot wait for its own end")
        let mustWake = inbox.withLock { inbox in
            inbox.stopping = true
            return Self.claimWakeUp(&inbox)
        }
        if mustWake { sendWakeUp() }
        pthread_join(thread, nil)
    }

    /// Whether the caller runs on the loop's thread.
    package var isCurrent: Bool {
        pthread_equal(pthread_self(), thread) != 0
    }

    /// Runs `work` on the loop, in its next turn. May be called on any thread.
    package func execute(_ work: @escaping @Sendable () -> Void) {
        let mustWake = inbox.withLock { inbox in
            inbox.closures.append(work)
            return Self.claimWakeUp(&inbox)
        }
        if mustWake { sendWakeUp() }
    }
}

// MARK: Executor

extension EventLoop {
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            confined.ready.append(job)
            return
        }
        let mustWake = inbox.withLock { inbox in
            inbox.jobs.append(job)
            return Self.claimWakeUp(&inbox)
        }
        if mustWake { sendWakeUp() }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    package func checkIsolated() {
        precondition(isCurrent, "this must run on the event loop \(name)")
    }

    package func isIsolatingCurrentContext() -> Bool? {
        isCurrent
    }

    private static func claimWakeUp(_ inbox: inout Inbox) -> Bool {
        if inbox.wakeUpSent { return false }
        inbox.wakeUpSent = true
        return true
    }

    private func sendWakeUp() {
        var one: UInt64 = 1
        write(wakeUp, &one, 8)
    }
}

// MARK: Descriptors

extension EventLoop {
    /// Watches a descriptor, level-triggered, until `deregister`. *Loop only.*
    package func register(_ descriptor: Int32, interest: Readiness, handler: @escaping Handler) {
        checkIsolated()
        confined.nextGeneration &+= 1
        let generation = confined.nextGeneration
        precondition(confined.registrations[descriptor] == nil, "descriptor \(descriptor) is registered already")
        confined.registrations[descriptor] = Registration(generation: generation, handler: handler)
        confined.poller.add(descriptor, interest: interest, generation: generation)
    }

    /// Changes what a registered descriptor is watched for. *Loop only.*
    package func modify(_ descriptor: Int32, interest: Readiness) {
        checkIsolated()
        guard let registration = confined.registrations[descriptor] else {
            preconditionFailure("descriptor \(descriptor) is not registered")
        }
        confined.poller.modify(descriptor, interest: interest, generation: registration.generation)
    }

    /// Ends the watch. Its handler is not called again, even for an event already fetched. *Loop only* unless the loop has ended.
    package func deregister(_ descriptor: Int32) {
        if confined.registrations.removeValue(forKey: descriptor) != nil {
            confined.poller.remove(descriptor)
        }
    }

    package func isRegistered(_ descriptor: Int32) -> Bool {
        checkIsolated()
        return confined.registrations[descriptor] != nil
    }
}

// MARK: Timers

extension EventLoop {
    /// A timer that calls `handler` on the loop when it is due. Armed by its own methods. *Loop only.*
    package func makeTimer(_ handler: @escaping () -> Void) -> LoopTimer {
        checkIsolated()
        let slot = confined.timers.makeTimer()
        if slot == confined.timerHandlers.count {
            confined.timerHandlers.append(handler)
        } else {
            confined.timerHandlers[slot] = handler
        }
        return LoopTimer(loop: self, slot: slot)
    }

    func armTimer(_ slot: Int, at deadline: MonotonicTime) {
        checkIsolated()
        confined.timers.arm(slot, at: deadline)
    }

    func disarmTimer(_ slot: Int) {
        checkIsolated()
        confined.timers.disarm(slot)
    }

    func releaseTimer(_ slot: Int) {
        confined.timers.release(slot)
        confined.timerHandlers[slot] = {}
    }

    /// Runs `work` once when the jobs, events and timers of this turn are done: the place to write out what many requests have
    /// added to one buffer. *Loop only.*
    package func atTurnEnd(_ work: @escaping () -> Void) {
        checkIsolated()
        confined.atTurnEnd.append(work)
    }
}

// MARK: The loop's thread

extension EventLoop {
    private func main() {
        // The creator stores the thread id too, but perhaps not before this line.
        thread = pthread_self()
        switchyard_set_thread_name(name)
        confined.poller.add(wakeUp, interest: .read, generation: 0)
        var stopping = false
        while true {
            runReadyJobs()
            runTurnEnd()
            if stopping, confined.ready.isEmpty { break }
            waitForEvents()
            stopping = takeInbox() || stopping
            runDueTimers()
        }
        confined.registrations.removeAll()
        confined.timerHandlers.removeAll()
    }

    private func runReadyJobs() {
        var batch: [UnownedJob] = []
        // A few rounds, so that a request that resumes another goes on at once, without starving the descriptors.
        for _ in 0..<8 where !confined.ready.isEmpty {
            swap(&batch, &confined.ready)
            for job in batch {
                job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            }
            batch.removeAll(keepingCapacity: true)
        }
        if confined.ready.isEmpty, batch.capacity > confined.ready.capacity { swap(&batch, &confined.ready) }
    }

    private func runTurnEnd() {
        while !confined.atTurnEnd.isEmpty {
            var work: [() -> Void] = []
            swap(&work, &confined.atTurnEnd)
            for item in work { item() }
        }
    }

    private func waitForEvents() {
        var timeout: Int32 = -1
        if !confined.ready.isEmpty {
            timeout = 0
        } else if let deadline = confined.timers.nextDeadline {
            let now = MonotonicTime.now
            // Rounded up: waking a fraction of a millisecond early would spin.
            timeout = deadline <= now ? 0 : Int32(clamping: (deadline.nanoseconds - now.nanoseconds + 999_999) / 1_000_000)
        }
        let count = confined.poller.wait(milliseconds: timeout)
        for index in 0..<count {
            let event = confined.poller.event(at: index)
            if event.descriptor == wakeUp {
                var sent: UInt64 = 0
                read(wakeUp, &sent, 8)
            } else if let registration = confined.registrations[event.descriptor], registration.generation == event.generation {
                registration.handler(event.readiness)
            }
        }
    }

    /// Moves what other threads sent to this one. Returns whether the loop was asked to end.
    private func takeInbox() -> Bool {
        var closures: [@Sendable () -> Void] = []
        let stopping = inbox.withLock { inbox in
            inbox.wakeUpSent = false
            if !inbox.jobs.isEmpty {
                confined.ready.append(contentsOf: inbox.jobs)
                inbox.jobs.removeAll(keepingCapacity: true)
            }
            swap(&closures, &inbox.closures)
            return inbox.stopping
        }
        for closure in closures { closure() }
        return stopping
    }

    private func runDueTimers() {
        guard let deadline = confined.timers.nextDeadline else { return }
        let now = MonotonicTime.now
        guard deadline <= now else { return }
        while let slot = confined.timers.popDue(at: now) {
            confined.timerHandlers[slot]()
        }
    }
}
