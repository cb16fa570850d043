package import Providers

/// Who gets a streamed answer while it comes in. Used on its loop.
package struct AnswerSink {
    /// Called before the first piece of each call: what came of a call before it is void.
    package let begin: () -> Void
    package let add: (AnswerBuilder.Delta) -> Void

    package init(begin: @escaping () -> Void, add: @escaping (AnswerBuilder.Delta) -> Void) {
        self.begin = begin
        self.add = add
    }
}
