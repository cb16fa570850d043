internal import DequeModule
internal import Envelope
internal import EventLoop
internal import Logging
internal import Redis

/// How a flight goes on: what Redis is asked, and what it answers.
extension ResponseCache {
    /// Asks Redis for the answer, or for who leads.
    func ask(_ flight: Flight, discards: Bool = false) {
        var awaited = ""
        if case .waiting(let token) = flight.state { awaited = token }
        lastToken += 1
        flight.token = "\(address)/\(life)/\(lastToken)"
        flight.state = .asking
        flight.hasMail = false
        guard let shared else { return lead(flight) }
        let command = scripts.begin(flight.key, token: flight.token, address: address, awaited: awaited, discards: discards)
        shared.redis.evaluate(command.script, keys: command.keys, arguments: command.arguments) { [weak self] result in
            self?.take(result, flight)
        }
    }

    private func take(_ result: Result<RedisValue, RedisError>, _ flight: Flight) {
        // The loop may have stopped meanwhile.
        guard flights[flight.key] === flight else { return }
        do {
            let parts = try result.get().array ?? []
            isDegraded = false
            switch (parts.first?.integer, parts.count) {
            case (0, _): lead(flight)
            case (1, 3...): open(parts[1].bytes ?? [], flight, milliseconds: parts[2].integer ?? 0)
            case (2, 2...): learn(parts[1].bytes ?? [], flight)
            case (3, 2...): wait(flight, for: parts[1].string ?? "")
            default: throw RedisError(.protocolViolation, "the cache's script answered something else")
            }
        } catch {
            noteDegraded(error)
            lead(flight)
        }
    }

    /// Has the first request lead.
    private func lead(_ flight: Flight) {
        flight.state = .leading
        if shared != nil, !isRenewing {
            isRenewing = true
            renewTimer?.arm(after: Self.renewInterval)
        }
        guard let leader = flight.waiters.popFirst() else { return abandon(flight) }
        for waiter in flight.waiters { waiter.noteWait() }
        arm(flight)
        leader.resume(.lead(flight))
    }

    private func wait(_ flight: Flight, for token: String) {
        flight.state = .waiting(for: token)
        if flight.hasMail { return ask(flight) }
        for waiter in flight.waiters { waiter.noteWait() }
        flight.pollAt = .now + Self.pollInterval
        arm(flight)
    }

    /// Takes in what Redis has.
    private func open(_ sealed: [UInt8], _ flight: Flight, milliseconds: Int) {
        guard let shared else { return }
        do throws(ValueError) {
            let value = try shared.codec.decode(sealed, binding: Array(scripts.name(of: flight.key).utf8))
            land(flight, with: value, milliseconds)
        } catch {
            switch error {
            case .unknownKey:
                guard let first = flight.waiters.popFirst() else { return end(flight) }
                first.resume(.fetchKeys(flight, sealed: sealed, milliseconds: milliseconds))
            case .tampered, .malformed:
                onTampered(error == .tampered ? "a cached answer was changed after it was sealed" : "a cached answer is none")
                ask(flight, discards: true)
            }
        }
    }

    /// Ends a flight with an answer that was stored by another loop.
    @discardableResult
    func land(_ flight: Flight, with value: [UInt8], _ milliseconds: Int) -> WrittenBytes {
        var writer = ByteWriter(capacity: value.count)
        value.withUnsafeBytes { writer.append($0) }
        let written = WrittenBytes(writer)
        memory.insert(written, for: flight.key, until: now + Int64(min(milliseconds, Self.longestInMemory)))
        let waiters = flight.waiters
        end(flight)
        for waiter in waiters { waiter.resume(.hit(written)) }
        return written
    }

    private func learn(_ sealed: [UInt8], _ flight: Flight) {
        guard let written = try? shared?.codec.decode(sealed, binding: Array(scripts.failureName(of: flight.key).utf8)),
            let failure = SharedFailure(written: written)
        else { return ask(flight) }
        let waiters = flight.waiters
        end(flight)
        for waiter in waiters { waiter.resume(.failed(failure)) }
    }

    private func end(_ flight: Flight) {
        flights[flight.key] = nil
        flight.timer = nil
        flight.waiters = []
    }

    // MARK: Time

    /// Has a flight looked at when the next of its requests is late, or it is time to ask.
    func arm(_ flight: Flight) {
        var next = flight.waiters.lazy.compactMap(\.deadline).min()
        if case .waiting = flight.state { next = min(next ?? flight.pollAt, flight.pollAt) }
        guard let next else {
            flight.timer?.disarm()
            return
        }
        let timer = flight.timer ?? loop.makeTimer { [weak self, weak flight] in if let flight { self?.look(flight) } }
        flight.timer = timer
        timer.arm(at: next)
    }

    func look(_ flight: Flight) {
        let time = MonotonicTime.now
        for waiter in flight.waiters { if let deadline = waiter.deadline, deadline <= time { waiter.resume(.late) } }
        flight.waiters.removeAll { $0.continuation == nil }
        if case .waiting = flight.state {
            if flight.waiters.isEmpty { return end(flight) }
            if flight.pollAt <= time { return ask(flight) }
        }
        arm(flight)
    }

    /// Takes in that a flight has ended, on another loop.
    func noteEnd(of key: CacheKey) {
        guard let flight = flights[key] else { return }
        switch flight.state {
        case .waiting: ask(flight)
        case .asking: flight.hasMail = true
        case .leading: break
        }
    }

    /// Keeps the flights that this loop leads.
    func renew() {
        guard let shared else { return }
        let led = flights.values.filter { if case .leading = $0.state { true } else { false } }
        isRenewing = !led.isEmpty
        guard isRenewing else { return }
        let command = scripts.renew(led.map { ($0.key, $0.token) })
        shared.redis.evaluate(command.script, keys: command.keys, arguments: command.arguments) { _ in }
        renewTimer?.arm(after: Self.renewInterval)
    }

    func noteDegraded(_ error: any Error) {
        if let error = error as? RedisError, error.code == .cancelled || error.code == .closed { return }
        guard !isDegraded else { return }
        isDegraded = true
        logger.warning("\(error); until it answers, each event loop has answers of its own only")
    }
}
