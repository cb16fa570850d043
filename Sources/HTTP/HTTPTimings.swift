/// What a response took.
package struct HTTPTimings: Sendable {
    /// Milliseconds from the call until the whole response was there.
    package let totalMilliseconds: Double
    /// Milliseconds from the call until the first byte of the response.
    package let firstByteMilliseconds: Double
    /// Milliseconds of the above spent waiting for a connection to come free.
    package let waitingMilliseconds: Double
    /// Whether the request went over a connection that another had opened.
    package let connectionReused: Bool
}
