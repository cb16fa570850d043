internal import Glibc

/// A response's bytes in one growing allocation: the header lines as they came, then the body.
///
/// `@unchecked Sendable` because only the client writes to it, before it hands the response out.
final class ResponseBuffer: @unchecked Sendable {
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0
    private var count = 0
    private(set) var headerCount = 0

    deinit {
        free(memory)
    }

    var headers: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: memory, count: headerCount)
    }

    var body: UnsafeRawBufferPointer {
        guard let memory, count > headerCount else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: memory + headerCount, count: count - headerCount)
    }

    /// Forgets everything, as for the final response after an interim one.
    func removeAll() {
        count = 0
        headerCount = 0
    }

    /// Not to be called once the body has begun.
    func appendHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        guard append(line) else { return false }
        headerCount = count
        return true
    }

    func appendBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        append(bytes)
    }

    /// Makes room for that many bytes of body. A failure shows at the next append.
    func reserveBody(_ bytes: Int) {
        _ = reserve(count + bytes, exactly: true)
    }

    private func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return true }
        if count + bytes.count > capacity, !reserve(count + bytes.count, exactly: false) { return false }
        guard let memory else { return false }
        memcpy(memory + count, source, bytes.count)
        count += bytes.count
        return true
    }

    private func reserve(_ wanted: Int, exactly: Bool) -> Bool {
        guard wanted > capacity else { return true }
        let size = exactly ? wanted : max(wanted, capacity * 2, 1024)
        guard let moved = realloc(memory, size) else { return false }
        memory = moved
        capacity = size
        return true
    }
}
