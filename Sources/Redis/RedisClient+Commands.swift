internal import EventLoop

extension RedisClient {
    /// Issues a command and waits for its reply.
    ///
    /// - Throws: `RedisError`: the server's own error with the code `server`; `unavailable`, `refused` or `closed` at once where there is no
    ///   connection; `timeout`; `cancelled` as soon as the task is cancelled.
    package func execute(
        _ arguments: RedisArgument..., isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> RedisValue {
        try await execute(arguments)
    }

    /// Issues a command and waits for its reply, as the variadic form does.
    package func execute(
        _ arguments: [RedisArgument], isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> RedisValue {
        precondition(!arguments.isEmpty, "a Redis command needs a name")
        Self.checkIsAllowed(arguments[0])
        let reply = try await perform { $0.encode(arguments) }
        if case .error(let text) = reply { throw RedisError(reply: text, origin: configuration.origin) }
        return reply
    }

    /// Issues a command, and tells its reply later, on the loop. *Loop only.*
    ///
    /// - Parameter done: called once, at the end of a turn of the loop; with an error as `execute` throws it.
    package func execute(_ arguments: [RedisArgument], then done: @escaping (Result<RedisValue, RedisError>) -> Void) {
        loop.checkIsolated()
        Self.checkIsAllowed(arguments[0])
        if case .refuse(let failure) = lifecycle.admission {
            loop.atTurnEnd { done(.failure(failure)) }
            return
        }
        encoder.encode(arguments)
        lastTicket += 1
        let callback = Waiter.callback { [configuration] result in
            guard case .success(.error(let text)) = result else { return done(result) }
            done(.failure(RedisError(reply: text, origin: configuration.origin)))
        }
        enqueue(callback, ticket: lastTicket)
    }

    /// Sends a command and does not wait for its reply, which is dropped. Without a connection the command is dropped too.
    package func post(_ arguments: RedisArgument...) {
        loop.checkIsolated()
        Self.checkIsAllowed(arguments[0])
        guard isAvailable else { return }
        encoder.encode(arguments)
        lastTicket += 1
        enqueue(.none, ticket: lastTicket)
    }

    /// Runs a script and waits for its result. The source travels only until the server has told its digest, and again when the server
    /// has forgotten it.
    ///
    /// - Throws: as `execute` does; the message names the script.
    package func evaluate(
        _ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument], isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> RedisValue {
        if case .loaded(let digest) = scripts[script] {
            let reply = try await perform { $0.encode("EVALSHA", source: digest, keys, arguments) }
            guard case .error(let text) = reply else { return reply }
            guard RedisError.kind(of: text) == "NOSCRIPT" else { throw failure(of: script, text) }
            if case .loaded = scripts[script] { scripts[script] = nil }
        }
        loadIfPossible(script)
        let reply = try await perform { $0.encode("EVAL", source: script.source, keys, arguments) }
        if case .error(let text) = reply { throw failure(of: script, text) }
        return reply
    }

    /// Runs a script, and tells its result later, on the loop. *Loop only.*
    ///
    /// - Parameter done: called once, at the end of a turn of the loop; with an error as `evaluate` throws it.
    package func evaluate(
        _ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument],
        then done: @escaping (Result<RedisValue, RedisError>) -> Void
    ) {
        loop.checkIsolated()
        if case .refuse(let failure) = lifecycle.admission {
            loop.atTurnEnd { done(.failure(failure)) }
            return
        }
        let isKnown: Bool
        if case .loaded(let digest) = scripts[script] {
            isKnown = true
            encoder.encode("EVALSHA", source: digest, keys, arguments)
        } else {
            isKnown = false
            loadIfPossible(script)
            encoder.encode("EVAL", source: script.source, keys, arguments)
        }
        lastTicket += 1
        let callback = Waiter.callback { [self] result in
            guard case .success(.error(let text)) = result else { return done(result) }
            guard isKnown, RedisError.kind(of: text) == "NOSCRIPT" else { return done(.failure(failure(of: script, text))) }
            if case .loaded = scripts[script] { scripts[script] = nil }
            evaluate(script, keys: keys, arguments: arguments, then: done)
        }
        enqueue(callback, ticket: lastTicket)
    }

    private func failure(of script: RedisScript, _ text: String) -> RedisError {
        RedisError(reply: text, origin: "script \(script.name): \(configuration.origin)")
    }

    private func loadIfPossible(_ script: RedisScript) {
        guard isAvailable, scripts[script] == nil else { return }
        scripts[script] = .loading
        encoder.encode(["SCRIPT", "LOAD", .bytes(script.source)])
        lastTicket += 1
        enqueue(.scriptLoad(script), ticket: lastTicket)
    }

    /// hiredis knows these commands by their names, and would expect replies in another order.
    private static let forbidden = ["subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe", "monitor"]

    private static func checkIsAllowed(_ name: RedisArgument) {
        let word: String
        switch name {
        case .literal(let text) where text.utf8CodeUnitCount >= 7: word = text.description
        case .string(let text) where text.utf8.count >= 7: word = text
        case .bytes(let bytes) where bytes.count >= 7: word = String(decoding: bytes, as: UTF8.self)
        default: return
        }
        switch word.utf8.first.map({ $0 | 0x20 }) {
        case UInt8(ascii: "s"), UInt8(ascii: "p"), UInt8(ascii: "u"), UInt8(ascii: "m"):
            precondition(!forbidden.contains(word.lowercased()), "\(word) would change what a shared connection is")
        default:
            break
        }
    }
}

// MARK: The way of a command

/// Lets the handler of a cancellation reach the client. Unchecked because the handler touches it on the loop only.
private struct Cancellation: @unchecked Sendable {
    let client: RedisClient
    let ticket: UInt64

    func run() {
        client.loop.execute { client.giveUp(ticket) }
    }
}

extension RedisClient {
    /// Sends the command that `encode` writes, or lets it wait for a connection, and waits for the reply.
    private func perform(
        isolation: isolated (any Actor)? = #isolation, _ encode: (inout CommandEncoder) -> Void
    ) async throws(RedisError) -> RedisValue {
        loop.checkIsolated()
        lastTicket += 1
        let cancellation = Cancellation(client: self, ticket: lastTicket)
        let result: Result<RedisValue, RedisError> = await withTaskCancellationHandler {
            // Capturing the isolation is what keeps this closure on it.
            _ = isolation
            return await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<RedisValue, RedisError>, Never>) in
                // Between the ticket and here a task that does not prefer the loop may have been put off.
                if case .refuse(let failure) = lifecycle.admission {
                    continuation.resume(returning: .failure(failure))
                } else if Task.isCancelled {
                    continuation.resume(returning: .failure(Self.cancelled(mayHaveRun: false)))
                } else {
                    encode(&encoder)
                    enqueue(.task(continuation), ticket: cancellation.ticket)
                }
            }
        } onCancel: {
            cancellation.run()
        }
        return try result.get()
    }

    /// Sends the command in the encoder, or lets it wait.
    private func enqueue(_ waiter: Waiter, ticket: UInt64) {
        let deadline = deadlineOfThisTurn()
        let stage: PendingCommand.Stage
        if isAvailable, let connection {
            encoder.withCommand { connection.send($0) }
            counted.commands += 1
            stage = .sent
        } else {
            let length = encoder.withCommand { command in
                waitingBytes.append(contentsOf: command)
                return command.count
            }
            stage = .waiting(length: length)
        }
        commands.append(PendingCommand(ticket: ticket, waiter: waiter, deadline: deadline, stage: stage))
        if !sweepIsArmed {
            sweepIsArmed = true
            sweepTimer?.arm(at: deadline)
        }
    }

    fileprivate func giveUp(_ ticket: UInt64) {
        guard let (continuation, stage) = commands.giveUp(ticket) else { return }
        continuation.resume(returning: .failure(Self.cancelled(mayHaveRun: stage == .sent)))
    }

    private static func cancelled(mayHaveRun: Bool) -> RedisError {
        RedisError(.cancelled, "the task was cancelled while it waited for Redis", mayHaveRun: mayHaveRun)
    }

    private func deadlineOfThisTurn() -> MonotonicTime {
        if let turnTime { return turnTime + configuration.timeout }
        let now = MonotonicTime.now
        turnTime = now
        loop.atTurnEnd { [self] in turnTime = nil }
        return now + configuration.timeout
    }
}

// MARK: Replies

extension RedisClient {
    func received(_ replies: [RedisValue]) {
        var hasServed = false
        for reply in replies {
            if handshake != nil {
                continueHandshake(reply)
                continue
            }
            // The connection lets no reply through that was not sent for.
            guard let command = commands.popFirst() else { break }
            counted.replies += 1
            hasServed = true
            switch command.waiter {
            case .none:
                break
            case .task(let continuation):
                continuation.resume(returning: .success(reply))
            case .callback(let callback):
                loop.atTurnEnd { callback(.success(reply)) }
            case .scriptLoad(let script):
                scripts[script] = reply.bytes.map { .loaded(digest: $0) }
            }
        }
        if hasServed { lifecycle.served() }
        if lifecycle.phase == .closing, commands.isEmpty { finishClosing() }
    }

    /// Deals with the commands whose time is over.
    func sweep() {
        sweepIsArmed = false
        guard let oldest = commands.first else { return }
        let now = MonotonicTime.now
        if oldest.deadline > now {
            sweepIsArmed = true
            sweepTimer?.arm(at: oldest.deadline)
            return
        }
        if oldest.stage == .sent {
            noReplyCame(now)
        } else {
            waitedInVain(now)
        }
    }

    private func noReplyCame(_ now: MonotonicTime) {
        let origin = configuration.origin
        let late = RedisError(
            .timeout, "\(origin) did not answer within \(configuration.timeout); see its load and slow log, or raise redis.timeout_ms",
            mayHaveRun: true)
        let lost = RedisError(
            .unavailable,
            "the connection to \(origin) was given up, since an earlier command got no answer within \(configuration.timeout)")
        while let command = commands.popFirst() {
            let isLate = command.deadline <= now
            if isLate { counted.timeouts += 1 }
            resolve(command.waiter, isLate ? late : lost.afterSending)
        }
        connectionIsOver(lost)
    }

    private func waitedInVain(_ now: MonotonicTime) {
        let failure = RedisError(
            .unavailable,
            "there was no connection to \(configuration.origin) within \(configuration.timeout); check redis.url, and that it is up")
        change { $0.waitedInVain(failure) }
        var unsentBytes = 0
        while let command = commands.first, command.deadline <= now {
            counted.timeouts += 1
            resolve(command.waiter, failure)
            if case .waiting(let length) = command.stage { unsentBytes += length }
            _ = commands.popFirst()
        }
        waitingBytes.removeFirst(unsentBytes)
        if let next = commands.first {
            sweepIsArmed = true
            sweepTimer?.arm(at: next.deadline)
        }
    }

    func failAll(_ failure: RedisError) {
        waitingBytes = []
        while let command = commands.popFirst() {
            resolve(command.waiter, command.stage == .sent ? failure.afterSending : failure)
        }
    }

    private func resolve(_ waiter: Waiter, _ failure: RedisError) {
        switch waiter {
        case .task(let continuation): continuation.resume(returning: .failure(failure))
        case .callback(let callback): loop.atTurnEnd { callback(.failure(failure)) }
        case .none, .scriptLoad: break
        }
    }
}
