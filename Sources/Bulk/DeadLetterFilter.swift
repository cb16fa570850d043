package import Envelope
internal import Glibc

/// Which dead letters are meant: those that every given condition holds for.
package struct DeadLetterFilter: Sendable {
    /// One of these codes; none means any, as with the other sets.
    package var codes: Set<ErrorCode> = []
    package var ids: Set<String> = []
    package var places: Set<DeadLetterPlace> = []
    package var key: String?

    /// The topic that the request was sent to.
    package var topic: String?

    /// The worker that gave up.
    package var worker: String?

    /// Put there at this time or later, in unix milliseconds.
    package var since: Int64?

    /// Put there before this time, in unix milliseconds.
    package var until: Int64?

    /// A text whose bytes the value has.
    package var text: String?

    package init() {}

    /// True if no condition is given, so that all letters are meant.
    package var isEmpty: Bool {
        codes.isEmpty && ids.isEmpty && places.isEmpty && key == nil && topic == nil && worker == nil && since == nil && until == nil
            && text == nil
    }

    package func matches(_ letter: DeadLetter, value: UnsafeRawBufferPointer?) -> Bool {
        func isOne<Element>(_ element: Element?, of wanted: Set<Element>) -> Bool {
            wanted.isEmpty || element.map(wanted.contains) ?? false
        }
        func equals(_ text: String?, _ wanted: String?) -> Bool { wanted == nil || text == wanted }
        return isOne(letter.reason?.code, of: codes) && isOne(letter.id, of: ids) && isOne(letter.place, of: places)
            && (key == nil || letter.key == key.map { Array($0.utf8) })
            && equals(letter.history?.origin.topic, topic) && equals(letter.reason?.worker, worker)
            && isInTime(letter.time) && contains(value)
    }

    private func isInTime(_ time: Int64) -> Bool {
        guard since != nil || until != nil else { return true }
        return time >= 0 && time >= since ?? 0 && time < until ?? .max
    }

    private func contains(_ value: UnsafeRawBufferPointer?) -> Bool {
        guard let text, let first = text.utf8.first else { return true }
        guard let base = value?.baseAddress, let count = value?.count else { return false }
        let needle = Array(text.utf8)
        var rest = base
        while let found = memchr(rest, Int32(first), base + count - rest), needle.count <= base + count - UnsafeRawPointer(found) {
            if memcmp(found, needle, needle.count) == 0 { return true }
            rest = UnsafeRawPointer(found) + 1
        }
        return false
    }
}
