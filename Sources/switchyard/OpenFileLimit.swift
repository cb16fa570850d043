import Glibc

/// The process's limit of open files, of which each connection is one.
enum OpenFileLimit {
    /// Raises it as far as the process may: a worker or a simulator may need a connection for each request in flight.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
