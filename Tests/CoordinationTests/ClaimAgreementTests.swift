import Redis
import TestSupport
import Testing

@testable import Coordination

/// The scripts in Redis and the claims in memory do what `Claim` says.
@Suite(.timeLimit(.minutes(5))) struct ClaimAgreementTests {
    private enum Step {
        case ask
        case remember([UInt8])
        case finish(failed: Bool)
        case supersede(by: Int)
        case forgetAll

        static func random(of copy: RequestCopy, using random: inout SeededGenerator) -> Step {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<50: return .ask
            case 50..<70:
                let alphabet: [UInt8] = [0, 10, 13, 32, 97, 255]
                let count = Int.random(in: 0..<2, using: &random) * Int.random(in: 0..<64, using: &random)
                return .remember((0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] })
            case 70..<84: return .finish(failed: Int.random(in: 0..<3, using: &random) > 0)
            case 84..<97: return .supersede(by: copy.generation + Int.random(in: 1...2, using: &random))
            default: return .forgetAll
            }
        }

        /// What a copy reports with it; nil if it is no report.
        func report(of copy: RequestCopy) -> Claim? {
            switch self {
            case .remember(let result): Claim(of: copy, .paid(result))
            case .finish(let failed): Claim(finished: copy, failed: failed)
            case .supersede(let generation): Claim(superseded: copy, by: generation)
            case .ask, .forgetAll: nil
            }
        }
    }

    /// Any copy, or often the one that has the claim.
    private static func randomCopy(_ held: Claim?, using random: inout SeededGenerator) -> RequestCopy {
        if let held, Bool.random(using: &random) {
            return RequestCopy(root: held.root, place: held.place ?? "retry/0/0@2", generation: held.generation)
        }
        // Generations of one digit and of two, to be compared as numbers.
        return RequestCopy(
            root: "requests/0/\(Int.random(in: 0..<2, using: &random))@1", place: "retry/0/\(Int.random(in: 0..<2, using: &random))@2",
            generation: Int.random(in: 8...11, using: &random))
    }

    @Test func memoryDoesWhatTheClaimSays() {
        var random = SeededGenerator.forTest("claims in memory")
        var recent = RecentClaims(capacity: 4, lifetime: 1_000_000)
        var now: Int64 = 0
        var held: [String: Claim] = [:]
        for number in 0..<100_000 {
            let key = "id\(Int.random(in: 0..<4, using: &random))"
            let copy = Self.randomCopy(held[key], using: &random)
            let step = Step.random(of: copy, using: &random)
            now += 1
            if let next = step.report(of: copy) {
                // Results are not kept in memory.
                if !next.isPaid { held[key].report(next, by: copy) }
                recent.report(key, next, by: copy, now: now)
            } else if case .ask = step {
                let expected = held[key].asked(by: copy)
                let outcome = recent.claim(key, for: copy, now: now)
                #expect(outcome == expected, "step \(number), \(key), \(copy)")
            } else {
                held = [:]
                now += 1_000_000
            }
        }
    }

    @Test func redisDoesWhatTheClaimSays() async throws {
        let server = try await RedisServer()
        try await ClaimHolder.with(port: server.port) { holder in
            var random = SeededGenerator.forTest("claims in Redis")
            var held: [String: Claim] = [:]
            for number in 0..<10_000 {
                let id = "id\(Int.random(in: 0..<4, using: &random))"
                let copy = Self.randomCopy(held[id], using: &random)
                let step = Step.random(of: copy, using: &random)
                if let next = step.report(of: copy) { held[id].report(next, by: copy) }
                switch step {
                case .ask:
                    let expected = held[id].asked(by: copy)
                    let outcome = await holder.claim(id, copy)
                    #expect(outcome == expected, "step \(number), \(id), \(copy)")
                case .remember(let result): await holder.remember(result, for: id, copy)
                case .finish(let failed): await holder.finish(id, copy, failed: failed)
                case .supersede(let generation): await holder.supersede(id, copy, by: generation)
                case .forgetAll:
                    held = [:]
                    _ = try await holder.execute("FLUSHALL")
                }
                let stored = try await holder.stored(id).flatMap(Claim.init(stored:))
                try #require(stored == held[id], "step \(number), \(step), \(id), \(copy)")
            }
        }
    }
}
