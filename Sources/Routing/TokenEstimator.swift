internal import Envelope

/// Guesses how many tokens a call will take, from those before it. A value without I/O.
///
/// What limits hold back for a call until its usage is known should be neither much more than it takes, for others wait for that, nor
/// less, for then more is sent than the limit allows and has to be saved later. So both guesses follow what calls have taken, by
/// exponentially weighted moving averages (a sixteenth for the latest).
struct TokenEstimator {
    private struct Experience {
        /// Tokens of a byte of input.
        var inputRatio: Double
        /// Tokens of an answer.
        var output: Double
    }

    /// Before there is experience, four bytes make a token.
    private static let firstRatio = 0.25
    /// Before there is experience, an answer has so many tokens, if it may.
    private static let firstOutput = 256
    private static let weight = 1.0 / 16
    /// More models than there are; a requester's inventions must not fill the memory.
    private static let mostModels = 4_096

    private var experience: [String: Experience] = [:]

    /// The tokens of input and output that a call is expected to take.
    ///
    /// - Parameters:
    ///   - model: of which provider, too.
    ///   - inputBytes: of the request's text.
    ///   - maxOutput: how many tokens the answer may have; nil if that is not said.
    ///   - choices: how many answers are wanted.
    func estimate(_ model: String, inputBytes: Int, maxOutput: Int?, choices: Int = 1) -> (input: Int, output: Int) {
        let known = experience[model]
        let input = Double(inputBytes) * (known?.inputRatio ?? Self.firstRatio)
        let output = known?.output ?? Double(Self.firstOutput)
        let limited = min(output.rounded(.up), maxOutput.map { Double($0) } ?? .infinity) * Double(max(1, choices))
        return (max(1, Int(min(input.rounded(.up), 1e12))), Int(min(limited, 1e12)))
    }

    /// Notes what a call has taken.
    mutating func note(_ model: String, inputBytes: Int, usage: Usage, choices: Int = 1) {
        let ratio = inputBytes > 0 ? Double(usage.input) / Double(inputBytes) : Self.firstRatio
        let output = Double(usage.output) / Double(max(1, choices))
        guard let known = experience[model] else {
            if experience.count >= Self.mostModels { experience.removeAll() }
            experience[model] = Experience(inputRatio: ratio, output: output)
            return
        }
        experience[model] = Experience(
            inputRatio: known.inputRatio + (ratio - known.inputRatio) * Self.weight,
            output: known.output + (output - known.output) * Self.weight)
    }
}
