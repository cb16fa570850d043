internal import CHiredis

/// Makes values out of what hiredis's parser reads, in place of the reply objects that it would allocate for us to copy.
struct ReplyBuilder {
    private struct OpenArray {
        var elements: [RedisValue]
        let count: Int
    }

    /// Replies that were sent for, and have not come.
    private(set) var outstanding = 0
    /// Whole replies that came.
    var replies: [RedisValue] = []
    /// What came without being sent for: then nothing that follows can be trusted.
    private(set) var unexpected: RedisValue?
    private var open: [OpenArray] = []

    mutating func expectReply() {
        outstanding += 1
    }

    /// - Returns: false if no reply is expected, which must end the connection.
    mutating func begin(isTopLevel: Bool) -> Bool {
        guard isTopLevel else { return true }
        guard outstanding > 0 else { return false }
        outstanding -= 1
        return true
    }

    mutating func add(_ value: RedisValue, isTopLevel: Bool) -> Bool {
        guard begin(isTopLevel: isTopLevel) else {
            unexpected = value
            return false
        }
        complete(value)
        return true
    }

    mutating func addArray(count: Int, isTopLevel: Bool) -> Bool {
        guard begin(isTopLevel: isTopLevel) else {
            unexpected = .array([])
            return false
        }
        guard count > 0 else {
            complete(.array([]))
            return true
        }
        // The count is the server's word: memory is set aside only as elements come.
        var elements: [RedisValue] = []
        elements.reserveCapacity(min(count, 64))
        open.append(OpenArray(elements: elements, count: count))
        return true
    }

    private mutating func complete(_ value: RedisValue) {
        var value = value
        while !open.isEmpty {
            let last = open.count - 1
            open[last].elements.append(value)
            if open[last].elements.count < open[last].count { return }
            value = .array(open.removeLast().elements)
        }
        replies.append(value)
    }
}

// MARK: hiredis's side

extension ReplyBuilder {
    /// The functions that a reader of hiredis calls; its private data must point to a `Connection`.
    // Written here once; from then on only hiredis reads it.
    nonisolated(unsafe) static let functions: UnsafeMutablePointer<redisReplyObjectFunctions> = {
        let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        functions.initialize(
            to: redisReplyObjectFunctions(
                createString: { task, start, length in
                    guard let task, let start else { return nil }
                    let bytes = UnsafeRawBufferPointer(start: start, count: length)
                    let value: RedisValue =
                        switch task.pointee.type {
                        case REDIS_REPLY_STATUS: .status(String(decoding: bytes, as: UTF8.self))
                        case REDIS_REPLY_ERROR: .error(String(decoding: bytes, as: UTF8.self))
                        default: .bytes(Array(bytes))
                        }
                    return add(value, task)
                },
                createArray: { task, count in
                    guard let task, let connection = connection(task) else { return nil }
                    return connection.builder.addArray(count: Int(count), isTopLevel: task.pointee.parent == nil) ? token(task) : nil
                },
                createInteger: { task, value in
                    guard let task else { return nil }
                    return add(.integer(Int(value)), task)
                },
                createNil: { task in
                    guard let task else { return nil }
                    return add(.null, task)
                },
                freeObject: { _ in }))
        return functions
    }()

    private static func add(_ value: RedisValue, _ task: UnsafePointer<redisReadTask>) -> UnsafeMutableRawPointer? {
        guard let connection = connection(task) else { return nil }
        return connection.builder.add(value, isTopLevel: task.pointee.parent == nil) ? token(task) : nil
    }

    private static func connection(_ task: UnsafePointer<redisReadTask>) -> Connection? {
        task.pointee.privdata.map { Unmanaged<Connection>.fromOpaque($0).takeUnretainedValue() }
    }

    /// hiredis passes it around and never looks into it; it only must not be nil.
    private static func token(_ task: UnsafePointer<redisReadTask>) -> UnsafeMutableRawPointer? {
        task.pointee.privdata
    }
}
