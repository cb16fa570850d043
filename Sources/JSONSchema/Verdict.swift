/// How an answer stands to its schema.
package enum Verdict: Hashable, Sendable {
    /// It is JSON and fits.
    case fits

    /// It does not fit, or is no JSON; at least one problem.
    case misfits([Problem])

    /// Nothing wrong was found, but not everything could be checked. To be taken as fitting.
    case unchecked(Cause)

    /// Why not everything could be checked.
    package enum Cause: String, Hashable, Sendable {
        /// The part of the schema that decides is beyond this checker (``JSONSchema`` says what is), or a reference leads to itself.
        case schema = "the schema asks for something that is not checked"

        /// Schema and answer together would be too much work.
        case work = "the check would be too much work"
    }
}
