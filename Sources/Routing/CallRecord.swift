internal import Envelope
internal import Providers

/// The attempts of one request so far.
struct CallRecord {
    let endpoint: String
    let model: String
    var attempts: [Attempt]
    /// Whether the model has been asked to mend an answer.
    var isRepaired = false
    /// What the answers of this visit took, also those that were not good enough.
    var spent: Usage?
    var last: ProviderError?
    var lastCall: ProviderCall?
    var provider = 0.0
    var waited = 0.0

    /// The answer with what it has cost, that of those before included.
    mutating func charge(_ result: ProviderResult, _ request: borrowing RequestEnvelope) -> ProviderResult {
        let usage = result.usage ?? request.estimatedUsage(for: result.content)
        let sum = spent.map { $0 + usage } ?? usage
        spent = sum
        return result.charged(sum)
    }

    mutating func add(status: Int?, _ milliseconds: Double, error: ErrorCode?, isKeyTrial: Bool = false) {
        provider += milliseconds
        let isOverload = error == .rateLimited || error == .overloaded || error == .timeout
        lastCall = ProviderCall(milliseconds: milliseconds, isOverload: isOverload)
        attempts.append(
            Attempt(
                provider: endpoint, model: model, status: status, milliseconds: milliseconds, error: error, isKeyTrial: isKeyTrial))
    }

    func reply(_ outcome: Reply.Outcome) -> Reply {
        Reply(
            outcome: outcome, attempts: attempts, providerMilliseconds: provider, waitedMilliseconds: waited, lastCall: lastCall,
            spent: spent)
    }
}
