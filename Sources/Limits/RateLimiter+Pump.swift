internal import EventLoop

/// Whose turn it is, and what is to be asked for it.
extension RateLimiter {
    private enum Step {
        /// It can go.
        case go(Route)
        /// More is to be taken in advance.
        case ask(Route)
        /// A slot is to be had first.
        case askSlot(Route.Gate)
    }

    /// Lets go what can go, and asks for what cannot.
    func pump(_ target: Target) {
        var time = now
        endLate(target, time)
        while true {
            time = now
            var step: Step?
            let turn = target.queue.peek { _, waiting in
                step = nextStep(waiting, target, time)
                return step != nil
            }
            guard let (_, waiting) = turn, let step else { break }
            switch step {
            case .go(let route):
                // What it needs may just have become too old.
                guard let permit = permit(on: route, waiting.need) else { continue }
                _ = target.queue.takePeeked()
                resume(waiting, target, .granted(permit))
            case .ask(let route):
                ask(route, for: waiting, target)
            case .askSlot(let gate):
                askSlot(gate)
            }
        }
        // By the same time as the last look, so that nothing comes due between the two.
        armTimer(target, time)
    }

    private func nextStep(_ waiting: Waiting, _ target: Target, _ time: Double) -> Step? {
        if mode != .shared, plan.withoutRedis == .closed { return nil }
        var question: Step?
        for route in routes(waiting.demand, target) {
            if mode != .shared, plan.withoutRedis == .open { return .go(route) }
            if let closed = route.gates.first(where: { !isOpen($0) }) {
                if question == nil, mayAskSlot(closed, time) { question = .askSlot(closed) }
                continue
            }
            if route.kinds.isEmpty || route.allowance.has(waiting.need, of: route.kinds, now: time) { return .go(route) }
            guard question == nil, !route.isAsking, route.comeAt <= time else { continue }
            // What is still to come in is waited for.
            if !route.allowance.willHave(waiting.need, of: route.kinds, now: time) { question = .ask(route) }
        }
        return question
    }

    /// Tells those whose time is over, or who would have to wait too long.
    private func endLate(_ target: Target, _ time: Double) {
        guard target.nearestDeadline <= time else { return }
        let late = target.queue.removeAll { _, waiting in waiting.deadline <= time }
        for waiting in late { resume(waiting, target, .late) }
        target.nearestDeadline = target.queue.least { $0.deadline }
    }

    /// Sends away those that wait for a route that is closed for longer than they can wait.
    func sendAway(_ target: Target, _ time: Double) {
        let leaving = target.queue.removeAll { _, waiting in closedFor(waiting, target, time) > waiting.longest }
        for waiting in leaving { resume(waiting, target, .tooLong(milliseconds: closedFor(waiting, target, time) / 1_000)) }
    }

    /// Microseconds until the first of a request's routes is open again.
    func closedFor(_ waiting: Waiting, _ target: Target, _ time: Double) -> Double {
        let opens = routes(waiting.demand, target).map { $0.isAsking ? time : $0.comeAt }
        return max(0, (opens.min() ?? time) - time)
    }

    private func armTimer(_ target: Target, _ time: Double) {
        guard !target.queue.isEmpty else {
            target.timer?.disarm()
            return
        }
        var next = target.nearestDeadline
        for waiting in target.queue.firsts {
            for route in routes(waiting.demand, target) {
                if route.comeAt > time { next = min(next, route.comeAt) }
                if let use = route.allowance.nextUse(after: time) { next = min(next, use) }
                for gate in route.gates where sharedRedis != nil && !isOpen(gate) {
                    guard let slots = slots[gate.scope], !slots.isAsking, slots.comeAt > time else { continue }
                    next = min(next, slots.comeAt)
                }
            }
        }
        if next.isFinite {
            target.timer?.arm(at: MonotonicTime(nanoseconds: UInt64(max(next, time) * 1_000)))
        } else {
            target.timer?.disarm()
        }
    }
}
