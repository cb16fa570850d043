#if !LIBFUZZER
    internal import TestSupport

    /// Makes inputs from a seed: those of the corpus, and what becomes of them.
    enum Driver {
        static let name = "seeded"

        /// - Parameter arguments: none.
        static func run(_ harness: Harness, _ mutator: Mutator, inputs: Int, seed: UInt32, record: Record, arguments: [String]) {
            var mutator = mutator
            var generator = SeededGenerator(seed: UInt64(seed))
            var input: [UInt8] = []
            for number in 0..<inputs {
                if number < mutator.corpus.count {
                    input = mutator.corpus[number]
                } else {
                    // Now and then what has been damaged is damaged more.
                    if Int.random(in: 0..<8, using: &generator) > 0 { input = mutator.corpus.randomElement(using: &generator) ?? [] }
                    input = mutator.mutated(input, most: Mutator.mostBytes)
                }
                input.withUnsafeBytes { record.measure(harness, $0, of: inputs) }
            }
        }
    }
#endif
