internal import CLinux
internal import Glibc

/// An eventfd that calls a handler on its loop after anyone, on any thread and in any language, has written to it.
/// librdkafka's queues write to it when they turn from empty to non-empty.
package final class EventSignal {
    /// The descriptor to write to: eight bytes, a native-endian count that is not zero.
    package let descriptor: Int32
    private let loop: EventLoop

    /// Must be called on the loop's thread.
    package init(loop: EventLoop, handler: @escaping () -> Void) {
        let descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(descriptor >= 0, "eventfd failed: \(String(cString: strerror(errno)))")
        self.descriptor = descriptor
        self.loop = loop
        loop.register(descriptor, interest: .read) { _ in
            var count: UInt64 = 0
            read(descriptor, &count, 8)
            handler()
        }
    }

    deinit {
        loop.deregister(descriptor)
        close(descriptor)
    }
}
