/// One of the messages that are one request: the one that the requester has sent, and its copies on retry topics and from the dead
/// letters.
package struct RequestCopy: Hashable, Sendable {
    /// What tells the message that the requester has sent from all others. The same for all copies, without line breaks.
    package let root: String

    /// What tells this message from all others, without line breaks.
    package let place: String

    /// How often the message was produced again. Of two copies the one of the lower generation is superseded.
    package let generation: Int

    package init(root: String, place: String, generation: Int) {
        self.root = root
        self.place = place
        self.generation = generation
    }
}
