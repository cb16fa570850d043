internal import Coordination
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
        flight.token = tokenPrefix + lastToken.description
        flight.state = .asking
        flight.hasMail = false
        guard let shared else { return lead(flight) }
        guard awaited.isEmpty, !discards else { return ask(flight, shared.redis, awaited: awaited, discards: discards) }
        // Nearly every request has no answer yet and nobody who leads, and this costs the server a fraction of what the script does.
        var hasBegun: Result<RedisValue, RedisError>?
        shared.redis.execute(
            ["SET", .string(scripts.flight(flight.key)), .string(flight.token), "NX", "PX", .integer(CacheScripts.lease)]
        ) { hasBegun = $0 }
        shared.redis.execute(["GET", .string(scripts.value(flight.key))]) { [self] held in
            guard flights[flight.key] === flight else { return }
            do throws(RedisError) {
                // A full Redis begins nothing, and has its answers all the same.
                let sealed = try held.get().bytes
                let isBegun = (try? hasBegun?.get().isNull) == false
                if let sealed {
                    if isBegun { shared.redis.post("UNLINK", .string(scripts.flight(flight.key))) }
                    return open(sealed, flight)
                }
                _ = try hasBegun?.get()
                isDegraded = false
                if isBegun {
                    lead(flight)
                } else {
                    ask(flight, shared.redis, awaited: "", discards: false)
                }
            } catch {
                noteDegraded(error)
                lead(flight)
            }
        }
    }

    private func ask(_ flight: Flight, _ redis: RedisClient, awaited: String, discards: Bool) {
        let command = scripts.begin(flight.key, token: flight.token, address: address, awaited: awaited, discards: discards)
        redis.evaluate(command.script, keys: command.keys, arguments: command.arguments) { [self] result in
            // The loop may have stopped meanwhile.
            guard flights[flight.key] === flight else { return }
            do throws(RedisError) {
                let parts = try result.get().array ?? []
                isDegraded = false
                switch (parts.first?.integer, parts.count) {
                case (0, _): lead(flight)
                case (1, 2): open(parts[1].bytes ?? [], flight)
                case (2, 2): learn(parts[1].bytes ?? [], flight)
                case (3, 2): wait(flight, for: parts[1].string ?? "")
                default: throw RedisError(.protocolViolation, "the cache's script answered something else")
                }
            } catch {
                noteDegraded(error)
                lead(flight)
            }
        }
    }

    /// Has the first request lead.
    private func lead(_ flight: Flight) {
        flight.state = .leading
        if shared != nil, !isRenewing {
            isRenewing = true
            renewTimer?.arm(after: Self.renewInterval)
        }
        // One that was cancelled while it fetched keys does not wait.
        flight.waiters.removeAll { $0.continuation == nil }
        guard let leader = flight.waiters.popFirst() else {
            guard flight.isPrepared else { return abandon(flight) }
            flight.isFree = true
            return
        }
        for waiter in flight.waiters { waiter.noteWait() }
        if !flight.waiters.isEmpty { arm(flight) }
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
    private func open(_ sealed: [UInt8], _ flight: Flight) {
        guard let shared else { return }
        do throws(ValueError) {
            let value = try shared.codec.decode(sealed, binding: Array(scripts.value(flight.key).utf8))
            if land(flight, with: value) == nil { throw .malformed }
        } catch {
            switch error {
            case .unknownKey:
                guard let first = flight.waiters.popFirst() else { return end(flight) }
                first.resume(.fetchKeys(flight, sealed: sealed))
            case .tampered, .malformed:
                onTampered(error == .tampered ? "a cached answer was changed after it was sealed" : "a cached answer is none")
                ask(flight, discards: true)
            }
        }
    }

    /// Ends a flight with an answer that was stored by another loop.
    ///
    /// - Returns: the answer; nil, and nothing has happened, if it is none.
    func land(_ flight: Flight, with stored: [UInt8]) -> WrittenBytes? {
        guard let (answer, milliseconds) = StoredAnswer.read(stored) else { return nil }
        memory.insert(answer, for: flight.key, until: now + min(milliseconds, Self.longestInMemory))
        account(wanted: flight.key)
        let waiters = flight.waiters
        end(flight)
        for waiter in waiters { waiter.resume(.hit(answer)) }
        return answer
    }

    private func learn(_ sealed: [UInt8], _ flight: Flight) {
        guard let written = try? shared?.codec.decode(sealed, binding: Array(scripts.failure(flight.key).utf8)),
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

    // MARK: Storing

    /// Stores an answer, and tells those who wait for it elsewhere.
    ///
    /// - Returns: false if it cannot be stored.
    func store(_ value: WrittenBytes, of key: CacheKey, seconds: Int, _ shared: Shared) -> Bool {
        let name = scripts.value(key)
        let stored = StoredAnswer.write(value, seconds: seconds)
        guard let sealed = shared.codec.encode(stored.bytes, binding: Array(name.utf8)), sealed.count <= plan.redisBytes else {
            return false
        }
        shared.redis.execute(["SET", .string(name), .bytes(sealed), "EX", .integer(seconds)]) { [self] result in
            if case .failure(let error) = result { noteDegraded(error) }
        }
        shared.redis.post("UNLINK", .string(scripts.flight(key)))
        shared.redis.execute(["LPOP", .string(scripts.waiting(key)), .integer(CacheScripts.mostWaiting)]) { [redis = shared.redis] result in
            if case .success(let reply) = result { Self.tell(reply, of: key, redis) }
        }
        accounts.stored.append((key, sealed.count, seconds))
        accountLater()
        return true
    }

    /// Ends a flight that has brought nothing.
    func release(_ flight: Flight, failure: [UInt8]?, _ redis: RedisClient) {
        let command = scripts.end(flight.key, token: flight.token, failure: failure)
        redis.evaluate(command.script, keys: command.keys, arguments: command.arguments) { [key = flight.key] result in
            if case .success(let reply) = result { Self.tell(reply, of: key, redis) }
        }
    }

    /// Tells loops by mail that a flight has ended.
    private static func tell(_ addresses: RedisValue, of key: CacheKey, _ redis: RedisClient) {
        for address in Set((addresses.array ?? []).compactMap(\.string)) {
            Mailbox.post(topic, Array(key.digest.utf8), to: address, over: redis)
        }
    }

    // MARK: Accounting

    private func account(wanted key: CacheKey) {
        guard shared != nil else { return }
        accounts.wanted.append(key)
        accountLater()
    }

    private func accountLater() {
        let count = accounts.stored.count + accounts.wanted.count
        if count >= Self.mostAccounts { return account() }
        if count == 1 { accountTimer?.arm(after: Self.accountInterval) }
    }

    private static let mostAccounts = 256
    private static let accountInterval = Duration.milliseconds(100)

    /// Tells Redis what was stored and wanted lately.
    func account() {
        guard let shared, !accounts.stored.isEmpty || !accounts.wanted.isEmpty else { return }
        let command = scripts.account(accounts.stored, wanted: accounts.wanted, capacity: plan.redisBytes)
        accounts = Accounts()
        shared.redis.evaluate(command.script, keys: command.keys, arguments: command.arguments) { [self] result in
            if case .failure(let error) = result { noteDegraded(error) }
        }
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
        let timer = flight.timer ?? loop.makeTimer { [unowned self, unowned flight] in look(flight) }
        flight.timer = timer
        timer.arm(at: next)
    }

    private func look(_ flight: Flight) {
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
        for flight in flights.values where flight.isFree { abandon(flight) }
        let led = flights.values.filter { if case .leading = $0.state { true } else { false } }
        isRenewing = !led.isEmpty
        guard isRenewing else { return }
        let command = scripts.renew(led.map { ($0.key, $0.token) })
        shared.redis.evaluate(command.script, keys: command.keys, arguments: command.arguments) { _ in }
        renewTimer?.arm(after: Self.renewInterval)
    }

    private func noteDegraded(_ error: RedisError) {
        guard error.code != .cancelled, error.code != .closed, !isDegraded else { return }
        isDegraded = true
        logger.warning("\(error); until it answers, each event loop has answers of its own only")
    }
}
