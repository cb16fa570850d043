/// How long each phase of a request may take. They are kept to within about 20 ms.
package struct HTTPTimeouts: Hashable, Sendable {
    package var connect: Duration
    package var firstByte: Duration
    package var total: Duration
    /// Between two pieces of a streamed body; does not apply to bodies that are collected.
    package var idle: Duration

    package init(
        connect: Duration = .seconds(5), firstByte: Duration = .seconds(120), total: Duration = .seconds(600), idle: Duration = .seconds(60)
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.total = total
        self.idle = idle
    }
}
