internal import Foundation
internal import Glibc

/// How many processors this process may use.
enum ProcessorCount {
    static var available: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }
}

/// The number of files, and so of connections, that the process may have open.
enum FileLimit {
    /// The limit, if that many connections beside the worker's own files go beyond it.
    static func shortage(for connections: Int) -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        let files = Int(clamping: limit.rlim_cur)
        return files < connections + 64 ? files : nil
    }
}
