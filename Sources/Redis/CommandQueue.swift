internal import EventLoop

/// Who waits for a reply.
enum Waiter {
    /// Nobody any more: the task was cancelled.
    case none
    case task(UnsafeContinuation<Result<RedisValue, RedisError>, Never>)
    /// Somebody who goes on meanwhile. Told at the end of the loop's turn, so that it may use the client.
    case callback((Result<RedisValue, RedisError>) -> Void)
    /// The client itself, which has the script loaded.
    case scriptLoad(RedisScript)
}

struct PendingCommand {
    enum Stage: Equatable {
        /// Waits for a connection; so many bytes of the waiting ones are its own.
        case waiting(length: Int)
        case sent
        /// Was given up before there was a connection, so that no reply will come.
        case skipped
    }

    /// Names the command to a cancellation; never used again, so that a late one cannot meet another command.
    let ticket: UInt64
    var waiter: Waiter
    let deadline: MonotonicTime
    var stage: Stage
}

/// The commands without a reply, in the order of their making, which is also that of their deadlines and of the replies.
struct CommandQueue {
    private var storage: [PendingCommand?] = Array(repeating: nil, count: 64)
    private var head = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }
    var first: PendingCommand? { isEmpty ? nil : storage[head] }

    mutating func append(_ command: PendingCommand) {
        if count == storage.count { grow() }
        storage[slot(count)] = command
        count += 1
    }

    mutating func popFirst() -> PendingCommand? {
        guard count > 0 else { return nil }
        let command = removeHead()
        dropSkippedHead()
        return command
    }

    /// Takes the waiter from a command, whose reply will then be dropped. Nil if the command is no longer there or was given up before.
    mutating func giveUp(_ ticket: UInt64) -> (UnsafeContinuation<Result<RedisValue, RedisError>, Never>, PendingCommand.Stage)? {
        guard let slot = find(ticket), let command = storage[slot], case .task(let continuation) = command.waiter else { return nil }
        storage[slot]?.waiter = .none
        return (continuation, command.stage)
    }

    private func find(_ ticket: UInt64) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if let found = storage[slot(middle)], found.ticket < ticket { low = middle + 1 } else { high = middle }
        }
        if low < count, storage[slot(low)]?.ticket == ticket { return slot(low) }
        // A task that was put off between taking its ticket and issuing its command stands out of order.
        return (0..<count).first { storage[slot($0)]?.ticket == ticket }.map(slot)
    }

    private func slot(_ index: Int) -> Int {
        (head + index) & (storage.count - 1)
    }

    /// Moves every waiting command on: to `sent` where `send` takes its bytes, and to `skipped` where nobody waits for it any more.
    mutating func sendWaiting(_ send: (_ bytes: Range<Int>) -> Void) {
        var offset = 0
        for index in 0..<count {
            let slot = slot(index)
            guard let command = storage[slot], case .waiting(let length) = command.stage else { continue }
            if case .none = command.waiter {
                storage[slot]?.stage = .skipped
            } else {
                send(offset..<offset + length)
                storage[slot]?.stage = .sent
            }
            offset += length
        }
        dropSkippedHead()
    }

    /// Keeps a skipped command from standing first, where a reply would be taken for its own.
    private mutating func dropSkippedHead() {
        while count > 0, storage[head]?.stage == .skipped { _ = removeHead() }
    }

    private mutating func removeHead() -> PendingCommand? {
        let command = storage[head].take()
        head = (head + 1) & (storage.count - 1)
        count -= 1
        return command
    }

    private mutating func grow() {
        var larger: [PendingCommand?] = []
        larger.reserveCapacity(storage.count * 2)
        for index in 0..<count { larger.append(storage[slot(index)]) }
        larger.append(contentsOf: repeatElement(nil, count: storage.count * 2 - count))
        storage = larger
        head = 0
    }
}
