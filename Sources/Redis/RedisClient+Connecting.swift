internal import EventLoop

/// Lets the thread that resolves a name hand its result to the client. Unchecked because the client is touched on the loop only.
private struct Resolution: @unchecked Sendable {
    let client: RedisClient
}

extension RedisClient {
    func beginAttempt() {
        if let sentinels = configuration.sentinels {
            askSentinels(sentinels, triedBefore: 0)
        } else {
            beginAttemptAtKnownAddress()
        }
    }

    /// Asks one sentinel after the other where the primary is, and goes on there.
    private func askSentinels(_ sentinels: RedisSentinels, triedBefore: Int, failure: RedisError? = nil) {
        guard triedBefore < sentinels.addresses.count else {
            let reason = failure.map { "; the last one: \($0)" } ?? ""
            return attemptFailed(RedisError(.unavailable, "no sentinel tells where \(sentinels.service) is\(reason)"))
        }
        let index = (firstSentinel + triedBefore) % sentinels.addresses.count
        var place = RedisConfiguration(
            host: sentinels.addresses[index].host, port: sentinels.addresses[index].port, password: sentinels.password)
        (place.tls, place.timeout, place.connectTimeout) = (configuration.tls, configuration.timeout, configuration.connectTimeout)
        let asked = RedisClient(loop: loop, configuration: place)
        sentinel = asked
        asked.execute(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", .string(sentinels.service)]) { [weak self] result in
            guard let self, sentinel === asked, case .connecting = lifecycle.phase else { return }
            sentinel = nil
            if case .success(let reply) = result, let words = reply.array?.compactMap(\.string), words.count == 2, let port = Int(words[1])
            {
                firstSentinel = index
                (configuration.host, configuration.port) = (words[0], port)
                return beginAttemptAtKnownAddress()
            }
            let unknown = RedisError(.unavailable, "\(place.origin) knows no \(sentinels.service); check the name in redis.url")
            var reason = unknown
            if case .failure(let error) = result { reason = error }
            askSentinels(sentinels, triedBefore: triedBefore + 1, failure: reason)
        }
    }

    private func beginAttemptAtKnownAddress() {
        if HostAddresses.isNumeric(configuration.host) {
            untriedAddresses = [configuration.host]
            tryNextAddress(after: nil)
            return
        }
        // The thread of an earlier attempt may still be at it; its result serves this one.
        if isResolving { return }
        isResolving = true
        let (host, loop, resolution) = (configuration.host, loop, Resolution(client: self))
        BlockingThread.detach(name: "redis name") {
            let result = HostAddresses.resolve(host)
            loop.execute { resolution.client.resolved(result) }
        }
    }

    private func resolved(_ result: Result<[String], ConnectionEnd>) {
        isResolving = false
        guard case .connecting = lifecycle.phase else { return }
        switch result {
        case .success(let addresses):
            untriedAddresses = addresses.reversed()
            tryNextAddress(after: nil)
        case .failure(let end):
            attemptFailed(cannotConnect(end))
        }
    }

    private func tryNextAddress(after earlier: ConnectionEnd?) {
        var last = earlier
        while let address = untriedAddresses.popLast() {
            let onEvent: (Connection.Event) -> Void = { [weak self] in self?.handle($0) }
            let result =
                if let tls = configuration.tls {
                    SecureConnection.open(
                        address: address, port: configuration.port, host: configuration.host, tls: tls, loop: loop, onEvent: onEvent)
                } else {
                    PlainConnection.open(address: address, port: configuration.port, loop: loop, onEvent: onEvent)
                }
            switch result {
            case .success(let connection):
                self.connection = connection
                attemptTimer?.arm(after: configuration.connectTimeout)
                return
            case .failure(let end):
                last = end
            }
        }
        attemptFailed(cannotConnect(last ?? ConnectionEnd(reason: "its name has no address")))
    }

    private func handle(_ event: Connection.Event) {
        switch event {
        case .connected:
            greet()
        case .replies(let replies):
            received(replies)
            if configuration.sentinels != nil, replies.contains(where: \.isOfReplica), case .available = lifecycle.phase {
                // It was the primary once: sentinels know the new one.
                connectionIsOver(RedisError(.unavailable, "\(configuration.origin) is no primary any more; asking the sentinels"))
            }
        case .ended(let end):
            ended(end)
        }
    }

    private func greet() {
        guard let connection else { return }
        let handshake = Handshake(configuration)
        self.handshake = handshake
        for command in handshake.commands {
            encoder.encode(command)
            encoder.withCommand { connection.send($0) }
            counted.commands += 1
        }
    }

    func continueHandshake(_ reply: RedisValue) {
        counted.replies += 1
        guard let outcome = handshake?.receive(reply) else { return }
        switch outcome {
        case .goesOn:
            break
        case .done:
            handshake = nil
            established()
        case .failed(let failure):
            attemptFailed(failure)
        }
    }

    private func established() {
        attemptTimer?.disarm()
        counted.connections += 1
        change { $0.established(at: .now) }
        if let connection { sendWaiting(to: connection) }
        resumeAttemptWaiters(nil)
    }

    private func sendWaiting(to connection: Connection) {
        guard !commands.isEmpty else { return }
        // One zero byte after the last, as `Connection.send` asks for.
        waitingBytes.append(0)
        waitingBytes.withUnsafeBufferPointer { bytes in
            commands.sendWaiting { range in
                connection.send(UnsafeBufferPointer(rebasing: bytes[range]))
                counted.commands += 1
            }
        }
        waitingBytes = []
    }

    // MARK: Ends

    private func ended(_ end: ConnectionEnd) {
        if case .connecting = lifecycle.phase, handshake == nil {
            // It never connected: another address of the same name may be better.
            forgetConnection()
            tryNextAddress(after: end)
        } else if case .connecting = lifecycle.phase {
            attemptFailed(cannotConnect(end))
        } else {
            connectionIsOver(
                RedisError(
                    end.isProtocolViolation ? .protocolViolation : .unavailable,
                    "the connection to \(configuration.origin) was lost: \(end.reason); if that goes on, see the server's log"))
        }
    }

    private func cannotConnect(_ end: ConnectionEnd) -> RedisError {
        let advice = "check redis.url, and that the server is up and reachable from here"
        return RedisError(
            end.isProtocolViolation ? .protocolViolation : .unavailable,
            "cannot connect to \(configuration.origin): \(end.reason); \(advice)")
    }

    private func attemptFailed(_ failure: RedisError) {
        counted.failedAttempts += 1
        forgetConnection()
        let next = change { $0.attemptFailed(failure, random: random()) }
        failAll(failure)
        resumeAttemptWaiters(failure)
        follow(next)
    }

    /// An established connection is of no more use.
    func connectionIsOver(_ failure: RedisError) {
        forgetConnection()
        let next = change { $0.lost(failure, at: .now, random: random()) }
        failAll(failure)
        follow(next)
    }

    private func follow(_ next: Lifecycle.Next) {
        switch next {
        case .connect: beginAttempt()
        case .pause(let delay): attemptTimer?.arm(after: delay)
        case .end: finishClosing()
        }
    }

    func attemptTimerFired() {
        if lifecycle.phase == .pausing {
            change { $0.retries() }
            beginAttempt()
        } else if case .connecting = lifecycle.phase {
            let guess = configuration.tls == nil ? "" : ", as from a server that does not speak TLS there"
            let end = ConnectionEnd(reason: "no answer within \(configuration.connectTimeout)\(guess)")
            forgetConnection()
            tryNextAddress(after: end)
        }
    }

    private func forgetConnection() {
        attemptTimer?.disarm()
        sentinel = nil
        handshake = nil
        scripts.removeAll()
        counted.writes += connection?.writes ?? 0
        connection?.drop()
        connection = nil
    }

    func finishClosing() {
        let failure = RedisError(.closed, "the Redis client is closed")
        forgetConnection()
        change { $0.closed() }
        failAll(failure)
        resumeAttemptWaiters(failure)
        sweepTimer = nil
        attemptTimer = nil
        let waiters = closeWaiters
        closeWaiters = []
        for waiter in waiters { waiter.resume() }
    }

    private func resumeAttemptWaiters(_ failure: RedisError?) {
        let waiters = attemptWaiters
        attemptWaiters = []
        for waiter in waiters { waiter.resume(returning: failure) }
    }
}

extension RedisValue {
    fileprivate var isOfReplica: Bool {
        if case .error(let text) = self { RedisError.kind(of: text) == "READONLY" } else { false }
    }
}
