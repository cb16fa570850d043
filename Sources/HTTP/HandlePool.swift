/// The easy handles of one client that are not in use, kept apart by origin, since the options that a deployment's requests have in
/// common are set on them already, and so is their group of connections.
struct HandlePool {
    private let make: (Int) -> EasyHandle?
    /// By origin. The one used last is taken first, so that in quiet times few connections stay open.
    private var free: [[EasyHandle]] = []
    private var made = 0

    /// - Parameter make: makes a handle of that number, or nil without memory.
    init(make: @escaping (Int) -> EasyHandle?) {
        self.make = make
    }

    /// A handle for a request to the origin, or nil without memory.
    mutating func take(for origin: Int) -> EasyHandle? {
        while free.count <= origin { free.append([]) }
        if let handle = free[origin].popLast() { return handle }
        made += 1
        return make(made)
    }

    mutating func give(_ handle: EasyHandle, back origin: Int) {
        free[origin].append(handle)
    }

    /// Releases all handles that are not in use.
    mutating func removeAll() {
        free = []
    }
}
