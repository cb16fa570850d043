internal import Glibc

/// What one run has done so far, in a file that outlives a crash: `fuzz.py` reads it.
///
/// Numbers of 64 bits: inputs begun, nanoseconds of the slowest, bytes resident after the first quarter and last, bytes of the input at
/// hand; then that input.
///
/// An input that takes more than two seconds of processor time ends the process with SIGPROF.
struct Record {
    private let memory: UnsafeMutableRawBufferPointer

    private static let headerBytes = 64
    private static let secondsPerInput = 2

    init(path: String) throws {
        let size = Self.headerBytes + Mutator.mostBytes
        let file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o644)
        guard file >= 0, ftruncate(file, size) == 0, let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0),
            mapped != MAP_FAILED
        else { throw FuzzError("cannot map \(path): \(String(cString: strerror(errno)))") }
        close(file)
        memory = UnsafeMutableRawBufferPointer(start: mapped, count: size)
    }

    /// Runs the harness on an input.
    ///
    /// - Parameter inputs: how many there will be.
    func measure(_ harness: Harness, _ input: UnsafeRawBufferPointer, of inputs: Int) {
        let number = self[0] + 1
        self[0] = number
        let kept = UnsafeRawBufferPointer(rebasing: input.prefix(memory.count - Self.headerBytes))
        self[4] = kept.count
        UnsafeMutableRawBufferPointer(rebasing: memory[Self.headerBytes...]).copyMemory(from: kept)
        Self.limitTime(seconds: Self.secondsPerInput)
        let began = Self.processorTime()
        harness.run(input)
        let took = Self.processorTime() - began
        Self.limitTime(seconds: 0)
        if took > self[1] { self[1] = took }
        if number % 1024 == 0 || number == inputs {
            let resident = Self.residentBytes()
            if number <= max(inputs / 4, 1024) { self[2] = resident }
            self[3] = resident
        }
    }

    private subscript(_ index: Int) -> Int {
        get { memory.load(fromByteOffset: index * 8, as: Int.self) }
        nonmutating set { memory.storeBytes(of: newValue, toByteOffset: index * 8, as: Int.self) }
    }

    /// - Parameter seconds: 0 lifts the limit.
    private static func limitTime(seconds: Int) {
        var timer = itimerval()
        timer.it_value.tv_sec = seconds
        setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
    }

    /// Of this thread, in nanoseconds.
    private static func processorTime() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let fields = String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * sysconf(Int32(_SC_PAGESIZE))
    }
}
