/// A request's place among those that are worked on at once, which it gives back while it waits to try again. Used on its loop.
package struct CallSlot {
    package let giveBack: () -> Void
    /// Waits until there is a place.
    package let takeAgain: () async -> Void

    package init(giveBack: @escaping () -> Void, takeAgain: @escaping () async -> Void) {
        self.giveBack = giveBack
        self.takeAgain = takeAgain
    }
}
