internal import Envelope
internal import Redis

/// The tallies of a group in Redis. Confined to its client's loop.
struct BudgetStore {
    /// A tally as a holder looks at it.
    struct Look: Equatable {
        var total: BudgetAmount
        /// What the holder has reported.
        var own: BudgetAmount
    }

    private let redis: RedisClient
    private let group: String
    private let holder: String
    /// How long a tally is kept after its end, in seconds.
    private static let retention: Int64 = 2 * 86_400

    /// - Parameter holder: unique in the fleet, and never used again.
    init(redis: RedisClient, group: String, holder: String) {
        self.redis = redis
        self.group = group
        self.holder = holder
    }

    /// `BudgetTally.report` for some of a tenant's tallies, all or none.
    func report(
        _ reports: [(span: BudgetSpan, report: BudgetTally.Report)], tenant: String, retires: Bool,
        isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> [BudgetTally.Answer] {
        var arguments: [RedisArgument] = [.string("holder:\(holder)"), .integer(retires ? 1 : 0), .string(holder)]
        for (span, report) in reports {
            arguments += [
                .integer(report.used.nanoUSD), .integer(report.used.tokens), .integer(report.retired.nanoUSD),
                .integer(report.retired.tokens), .integer(Int(span.end / 1_000 + Self.retention)), .integer(report.lines.count),
            ]
            for line in report.lines {
                arguments += [
                    .string("line:\(line.name)"), line.unit == .usd ? 1 : 2, .integer(line.amount),
                    report.claimed.contains(line) ? .string(BudgetTally.somebody) : "",
                ]
            }
        }
        let reply = try await redis.evaluate(Self.reportScript, keys: reports.map { key($0.span, tenant) }, arguments: arguments)
        let answers = (reply.array ?? []).compactMap { Self.answer($0.array ?? []) }
        guard answers.count == reports.count else { throw Self.unexpected(Self.reportScript) }
        return answers
    }

    /// Some of a tenant's tallies.
    func look(
        _ spans: [BudgetSpan], tenant: String, isolation: isolated (any Actor)? = #isolation
    ) async throws(RedisError) -> [Look] {
        let reply = try await redis.evaluate(
            Self.lookScript, keys: spans.map { key($0, tenant) }, arguments: [.string("holder:\(holder)")])
        let numbers = (reply.array ?? []).compactMap(\.integer)
        guard numbers.count == spans.count * 4 else { throw Self.unexpected(Self.lookScript) }
        return spans.indices.map { index in
            Look(
                total: BudgetAmount(nanoUSD: numbers[index * 4], tokens: numbers[index * 4 + 1]),
                own: BudgetAmount(nanoUSD: numbers[index * 4 + 2], tokens: numbers[index * 4 + 3]))
        }
    }

    private static func answer(_ parts: [RedisValue]) -> BudgetTally.Answer? {
        let numbers = parts.prefix(4).compactMap(\.integer)
        guard numbers.count == 4 else { return nil }
        return BudgetTally.Answer(
            total: BudgetAmount(nanoUSD: numbers[0], tokens: numbers[1]), retired: BudgetAmount(nanoUSD: numbers[2], tokens: numbers[3]),
            tellers: parts.dropFirst(4).map { $0.string == "" ? nil : $0.string })
    }

    private static func unexpected(_ script: RedisScript) -> RedisError {
        RedisError(.protocolViolation, "Redis answered the script \(script.name) with something else")
    }

    /// The group's length keeps names apart that contain the separator.
    private func key(_ span: BudgetSpan, _ tenant: String) -> RedisArgument {
        .string("sy:{budget:\(group.utf8.count):\(group):\(tenant)}:\(span.period.rawValue):\(span.name)")
    }

    /// Arguments are the holder's field, whether it retires, the holder, and for each tally: money and tokens that the holder has charged,
    /// those of retired holders, when it expires, and its lines: field, unit, amount, and who is known to have told.
    private static let reportScript = RedisScript(
        name: "budget report",
        source: """
            local function pair(key, first, second)
                local values = redis.call('HMGET', key, first, second)
                return tonumber(values[1] or 0), tonumber(values[2] or 0)
            end
            local function text(number) return string.format('%.0f', number) end
            local replies = {}
            local at = 3
            for _, key in ipairs(KEYS) do
                local usd, tokens = pair(key, 'usd', 'tokens')
                local retiredUsd, retiredTokens = pair(key, 'retired_usd', 'retired_tokens')
                local before = redis.call('HGET', key, ARGV[1]) or '0 0'
                local usdBefore, tokensBefore = string.match(before, '^(%d+) (%d+)$')
                local usedUsd = math.max(tonumber(usdBefore), tonumber(ARGV[at + 1]))
                local usedTokens = math.max(tonumber(tokensBefore), tonumber(ARGV[at + 2]))
                local knownUsd = math.max(retiredUsd, tonumber(ARGV[at + 3]))
                local knownTokens = math.max(retiredTokens, tonumber(ARGV[at + 4]))
                usd = usd + (knownUsd - retiredUsd) + (usedUsd - usdBefore)
                tokens = tokens + (knownTokens - retiredTokens) + (usedTokens - tokensBefore)
                if ARGV[2] == '1' then
                    knownUsd = knownUsd + usedUsd
                    knownTokens = knownTokens + usedTokens
                    redis.call('HDEL', key, ARGV[1])
                else
                    redis.call('HSET', key, ARGV[1], text(usedUsd) .. ' ' .. text(usedTokens))
                end
                redis.call(
                    'HSET', key, 'usd', text(usd), 'tokens', text(tokens), 'retired_usd', text(knownUsd), 'retired_tokens', text(knownTokens))
                local reply = {text(usd), text(tokens), text(knownUsd), text(knownTokens)}
                local used = {usd, tokens}
                local expiry, lines = ARGV[at + 5], tonumber(ARGV[at + 6])
                at = at + 6
                for _ = 1, lines do
                    local teller = redis.call('HGET', key, ARGV[at + 1])
                    if not teller then
                        teller = ARGV[at + 4]
                        if teller == '' and used[tonumber(ARGV[at + 2])] >= tonumber(ARGV[at + 3]) then teller = ARGV[3] end
                        if teller ~= '' then redis.call('HSET', key, ARGV[at + 1], teller) end
                    end
                    reply[#reply + 1] = teller
                    at = at + 4
                end
                redis.call('EXPIREAT', key, expiry)
                replies[#replies + 1] = reply
            end
            return replies
            """)

    /// The argument is the holder's field. Returns money and tokens of each tally, and the holder's part of them.
    private static let lookScript = RedisScript(
        name: "budget look",
        source: """
            local reply = {}
            for _, key in ipairs(KEYS) do
                local values = redis.call('HMGET', key, 'usd', 'tokens', ARGV[1])
                local usd, tokens = string.match(values[3] or '0 0', '^(%d+) (%d+)$')
                for _, value in ipairs({values[1] or '0', values[2] or '0', usd, tokens}) do reply[#reply + 1] = value end
            end
            return reply
            """)
}
