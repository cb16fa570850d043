/// What a claim on an id has come to.
package enum ClaimOutcome: Equatable, Sendable {
    /// The request is to be worked on.
    case granted
    /// The provider has been paid for this result, which is still to be published.
    case paid([UInt8])
    /// Nothing is left to do with this copy: the request has been answered, or another copy of it is at work.
    case done
    /// Another request has the id, whose root this is.
    case taken(by: String)
}
