internal import CLinux
internal import Glibc

/// What a descriptor is watched for, and what it turned out ready for.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let read = Readiness(rawValue: 1)
    package static let write = Readiness(rawValue: 2)
    /// The peer hung up or the descriptor is in error. Always watched.
    package static let failure = Readiness(rawValue: 4)
}

/// Owns an epoll descriptor. Every registration carries a generation, so that an event fetched for a descriptor that was
/// closed and reused within the same batch is recognised as stale.
struct Poller: ~Copyable {
    struct Event {
        let descriptor: Int32
        let generation: UInt32
        let readiness: Readiness
    }

    private let descriptor: Int32
    private let buffer: UnsafeMutableBufferPointer<epoll_event>

    init() {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(descriptor >= 0, "epoll_create1 failed: \(String(cString: strerror(errno)))")
        buffer = .allocate(capacity: 512)
    }

    deinit {
        close(descriptor)
        buffer.deallocate()
    }

    func add(_ target: Int32, interest: Readiness, generation: UInt32) {
        control(EPOLL_CTL_ADD, target, interest, generation)
    }

    func modify(_ target: Int32, interest: Readiness, generation: UInt32) {
        control(EPOLL_CTL_MOD, target, interest, generation)
    }

    func remove(_ target: Int32) {
        // The owner may have closed the descriptor already, which removes it too: the result does not matter.
        epoll_ctl(descriptor, EPOLL_CTL_DEL, target, nil)
    }

    /// Waits until something is ready or the time is over, and returns how many events `event(at:)` has.
    ///
    /// - Parameter milliseconds: how long to wait; -1 waits for ever.
    func wait(milliseconds: Int32) -> Int {
        max(0, Int(epoll_wait(descriptor, buffer.baseAddress, Int32(buffer.count), milliseconds)))
    }

    /// One of the events of the last `wait`.
    func event(at index: Int) -> Event {
        let event = buffer[index]
        var readiness: Readiness = []
        if event.events & EPOLLIN.rawValue != 0 { readiness.insert(.read) }
        if event.events & EPOLLOUT.rawValue != 0 { readiness.insert(.write) }
        if event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { readiness.insert(.failure) }
        return Event(
            descriptor: Int32(truncatingIfNeeded: event.data.u64 & 0xffff_ffff),
            generation: UInt32(truncatingIfNeeded: event.data.u64 >> 32),
            readiness: readiness)
    }

    private func control(_ operation: Int32, _ target: Int32, _ interest: Readiness, _ generation: UInt32) {
        var event = epoll_event()
        if interest.contains(.read) { event.events |= EPOLLIN.rawValue }
        if interest.contains(.write) { event.events |= EPOLLOUT.rawValue }
        event.data.u64 = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: target))
        let result = epoll_ctl(descriptor, operation, target, &event)
        precondition(result == 0, "epoll_ctl(\(operation)) on descriptor \(target) failed: \(String(cString: strerror(errno)))")
    }
}
