internal import CRdKafka
internal import EventLoop

/// One of librdkafka's event queues, served on an event loop: librdkafka writes to an eventfd when the queue turns from empty to
/// non-empty, and `serve` must then take from it until it is empty. Confined to its loop.
final class KafkaQueue {
    let pointer: OpaquePointer
    private let handle: KafkaHandle
    private var signal: EventSignal?

    /// Takes over the reference to `pointer`.
    init(_ pointer: OpaquePointer, of handle: KafkaHandle) {
        self.pointer = pointer
        self.handle = handle
    }

    deinit {
        stop()
        rd_kafka_queue_destroy(pointer)
    }

    func start(on loop: EventLoop, serve: @escaping () -> Void) {
        let signal = EventSignal(loop: loop, handler: serve)
        var payload: UInt64 = 1
        rd_kafka_queue_io_event_enable(pointer, signal.descriptor, &payload, 8)
        self.signal = signal
        // What came before the signal was enabled has not been signalled.
        loop.atTurnEnd { [weak self] in
            if self?.signal != nil { serve() }
        }
    }

    func stop() {
        rd_kafka_queue_io_event_enable(pointer, -1, nil, 0)
        signal = nil
    }

    /// The next event, to be destroyed by the caller; nil when the queue is empty.
    func poll() -> OpaquePointer? {
        rd_kafka_queue_poll(pointer, 0)
    }
}
