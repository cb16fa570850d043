#if LIBFUZZER
    internal import CLibFuzzer
    internal import Glibc

    /// Lets libFuzzer make the inputs: it keeps those that reach new code. One of four mutations is its own.
    enum Driver {
        static let name = "libfuzzer"

        private struct State {
            let harness: Harness
            let record: Record
            let inputs: Int
            let mutator: Mutator
            /// libFuzzer's arguments, which it keeps using.
            let arguments: [UnsafeMutablePointer<CChar>?]
        }

        /// Unsafe because libFuzzer's callbacks have no context; they come on the thread that has set it.
        nonisolated(unsafe) private static var state: State?

        /// Does not return.
        ///
        /// - Parameter arguments: libFuzzer's.
        static func run(_ harness: Harness, _ mutator: Mutator, inputs: Int, seed: UInt32, record: Record, arguments: [String]) {
            let words = ["fuzz", "-runs=\(inputs)", "-seed=\(seed)", "-max_len=\(Mutator.mostBytes)"] + arguments
            var pointers = words.map { strdup($0) } + [nil]
            state = State(harness: harness, record: record, inputs: inputs, mutator: mutator, arguments: pointers)
            var count = Int32(words.count)
            pointers.withUnsafeMutableBufferPointer { pointers in
                var list = pointers.baseAddress
                exit(LLVMFuzzerRunDriver(&count, &list) { bytes, count in Driver.take(UnsafeRawBufferPointer(start: bytes, count: count)) })
            }
        }

        private static func take(_ input: UnsafeRawBufferPointer) -> Int32 {
            guard let state else { return 0 }
            state.record.measure(state.harness, input, of: state.inputs)
            return 0
        }

        fileprivate static func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ most: Int, _ seed: UInt32) -> Int {
            guard var mutator = state?.mutator, seed % 4 > 0 else { return LLVMFuzzerMutate(bytes, count, most) }
            mutator.reseed(UInt64(seed))
            let mutated = mutator.mutated(Array(UnsafeBufferPointer(start: bytes, count: count)), most: most)
            UnsafeMutableRawBufferPointer(start: bytes, count: most).copyBytes(from: mutated)
            return mutated.count
        }
    }

    /// libFuzzer finds it by its name.
    @_cdecl("LLVMFuzzerCustomMutator")
    func customMutator(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ most: Int, _ seed: UInt32) -> Int {
        Driver.mutate(bytes, count, most, seed)
    }
#endif
